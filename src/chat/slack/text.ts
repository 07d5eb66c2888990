import type { ChatKey } from '../../core/policy/directory.ts';
import { oneLine, type Phrase, type Piece, utc, wordsOf } from '../words/phrase.ts';

/** Slack's three entities. https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What a slash command's text was before Slack escaped it. */
export const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/**
 * Text as mrkdwn that shows those words and does nothing else: no entity, no bold, italic, strike, code, quote or
 * emoji. Slack has no escape for those marks, so each becomes its look-alike.
 */
export function inert(text: string): string {
  return escaped(text.replace(/[\r\n]+/g, ' '))
    .replaceAll('*', '∗')
    .replaceAll('`', 'ˋ')
    .replaceAll('~', '∼')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '＿')
    .replace(/:(?=[A-Za-z0-9_+'-]+:)/g, '꞉');
}

/** A link to an address of ours (configuration, provider): never one that somebody typed into a request. */
export const linked = (url: string, label: string): string =>
  `<${escaped(url).replaceAll('|', '%7C')}|${inert(label)}>`;

/** The Slack user id behind a chat key. */
export const userOf = (key: ChatKey): string => key.split(':').at(-1) ?? '';

/** The key under which this organisation's Slack knows a person, or undefined for somebody from elsewhere. */
export const keyAt = (keys: readonly ChatKey[], homes: readonly string[]): ChatKey | undefined =>
  keys.find((key) => {
    const [chat, home = ''] = key.split(':');
    return chat === 'slack' && homes.includes(home);
  });

/**
 * A time in the reader's own zone, then in UTC; clients that cannot do the first show the second.
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
export const dated = (at: Date): string =>
  `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} {time}|${utc(at)}> (${at.toISOString().slice(11, 16)} UTC)`;

function drawn(piece: Piece, homes: readonly string[]): string {
  if (typeof piece === 'string') return inert(piece);
  if ('strong' in piece) return `*${inert(piece.strong.trim())}*${/\s$/.test(piece.strong) ? ' ' : ''}`;
  if ('code' in piece) return `\`${inert(piece.code)}\``;
  if ('at' in piece) return dated(piece.at);
  const key = keyAt(piece.person.keys, homes);
  return key ? `<@${userOf(key)}>` : inert(oneLine(piece.person.name, 80));
}

/** A phrase as mrkdwn. `homes` are the ids of this organisation: people of it are mentioned, others named. */
export const mrkdwn = (phrase: Phrase, homes: readonly string[]): string =>
  phrase.map((piece) => drawn(piece, homes)).join('');

/** A phrase for notifications and clients without blocks: words only, escaped. */
export const fallback = (phrase: Phrase): string => inert(wordsOf(phrase));
