import { LogLevel, type Logger as SlackLogger, type WebAPICallResult, WebClient } from '@slack/web-api';
import { anchorText } from '../../core/audit/anchor-text.ts';
import { findingsWords } from '../../core/audit/findings.ts';
import type { Anchor } from '../anchor.ts';

export interface SlackAnchorSettings {
  /** A bot token of its own: the bot that answers people must not be able to edit these posts. */
  readonly token: string;
  readonly channel: string;
  readonly apiUrl?: string | undefined;
}

const CALL_MS = 8_000;

/** What goes wrong is thrown, and said by whoever called. */
const SILENT: SlackLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** Slack's client takes any truthy `ok` for a yes; a checkpoint counts as posted only by Slack's own. */
function confirmed({ ok }: WebAPICallResult): void {
  if (ok !== true) throw new Error('Slack gave an answer that nobody understands');
}

/**
 * A post for each checkpoint in an audit channel: when it was, and header, hash and signature as a line that
 * `breakglass audit verify --anchors` reads back from a copy. A post whose answer was lost is made twice; both say the same.
 */
export function slackAnchor({ token, channel, apiUrl }: SlackAnchorSettings): Anchor {
  const client = new WebClient(token, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_MS,
    logger: SILENT,
    allowAbsoluteUrls: false,
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  });
  return {
    name: `channel ${channel}`,
    fromNewest: true,
    check: async () => {
      confirmed(await client.auth.test());
      return undefined;
    },
    put: async ({ header, hash, signature }) => {
      const { number, at, streams, events, unexplained } = header;
      const found =
        unexplained &&
        `\n:rotating_light: It ${findingsWords(unexplained)}. Keep the database as it is, and tell security.`;
      const said = `Checkpoint ${number} of the log, ${at}: ${events} events in ${streams} streams.${found ?? ''}`;
      const line = anchorText({ header, hash, signature });
      const text = `${said}\n\`\`\`${line}\`\`\``;
      confirmed(await client.chat.postMessage({ channel, text, unfurl_links: false }));
    },
  };
}
