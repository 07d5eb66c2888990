import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import bolt, { type App, type Receiver } from '@slack/bolt';
import type { Logger } from '../../ports/logger.ts';
import { isOtherEvent, payloadOf } from './payload.ts';
import { type TurnedAway, turnedAwayLog } from './turned-away.ts';

const { HTTPModuleFunctions: http } = bolt;

/** Several times the largest view that Slack lets an app make, in bytes. https://docs.slack.dev/reference/views */
const BODY_MAX = 1_000_000;

/**
 * Hears Slack over HTTP. In place of Bolt's own receiver, whose listener reads fields of whatever a signed body parses
 * to, outside of any `catch`: a signed `null` ends the process. Here nothing that is sent rejects, and a handler sees
 * only what was checked.
 */
export class HttpReceiver implements Receiver {
  readonly #signingSecret: string;
  readonly #logger: Logger;
  readonly #turnedAway: (kind: TurnedAway, why: string) => void;
  #app: App | undefined;

  constructor(signingSecret: string, logger: Logger) {
    this.#signingSecret = signingSecret;
    this.#logger = logger;
    this.#turnedAway = turnedAwayLog(logger);
  }

  /** Answers only POST; any other request throws at once. Never rejects. */
  readonly requestListener: RequestListener = (request, response) => {
    if (request.method !== 'POST') throw new Error('Slack only ever sends POST');
    this.#handle(request, response).catch((error: unknown) => {
      this.#logger.error({ why: String(error) }, 'a request from Slack was not handled');
      if (response.headersSent) response.destroy();
      else answer(response, 500);
    });
  };

  init(app: App): void {
    this.#app = app;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const turnAway = (kind: TurnedAway, status: number, why: unknown) => {
      this.#turnedAway(kind, why instanceof Error ? why.message : String(why));
      answer(response, status);
    };
    const options = { signingSecret: this.#signingSecret, enabled: true, bodyLimit: BODY_MAX };
    let buffered: Awaited<ReturnType<typeof http.parseAndVerifyHTTPRequest>>;
    try {
      buffered = await http.parseAndVerifyHTTPRequest(options, request);
    } catch (error) {
      const large = http.isRawBodyError(error) && error.statusCode === 413;
      return large ? turnAway('too_large', 413, error) : turnAway('unsigned', 401, error);
    }
    let body: unknown;
    try {
      body = http.parseHTTPRequestBody(buffered);
    } catch (error) {
      return turnAway('malformed', 400, error);
    }
    const { ssl_check: check, type, challenge } = Object(body) as Readonly<Record<string, unknown>>;
    if (check === '1' || isOtherEvent(body)) return answer(response, 200);
    if (type === 'url_verification' && typeof challenge === 'string') return answer(response, 200, { challenge });
    const payload = payloadOf(body);
    if (payload === undefined) return turnAway('malformed', 400, 'fields are missing, or of another type');
    let acknowledged = false;
    await this.#app?.processEvent({
      body: { ...payload },
      ack: async (said) => {
        if (acknowledged) return;
        acknowledged = true;
        answer(response, 200, said);
      },
    });
    // Nothing here listens to it: a button of another version of ours.
    if (!acknowledged) answer(response, 404);
  }
}

function answer(response: ServerResponse, status: number, body?: unknown): void {
  if (status === 200) http.buildContentResponse(response, body);
  else http.buildNoBodyResponse(response, status);
}
