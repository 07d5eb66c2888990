import type { HeaderBlock, KnownBlock, MrkdwnElement, PlainTextElement, SectionBlock } from '@slack/types';
import { cut, type Phrase } from '../phrase.ts';
import { escaped, mrkdwn } from './text.ts';

/**
 * The few blocks everything is built of. Texts are cut here where Slack would refuse the message.
 * Limits: https://docs.slack.dev/reference/block-kit/blocks
 */
export const SECTION_MAX = 3000;
export const FIELD_MAX = 2000;
const HEADER_MAX = 150;

/** Escaped text of at most `max` characters, never cut inside an entity. */
function escapedWithin(text: string, max: number): string {
  let room = max;
  while (escaped(cut(text, room)).length > max)
    room -= Math.max(1, Math.ceil((escaped(cut(text, room)).length - max) / 5));
  return escaped(cut(text, room));
}

/** Text in which nothing is markup, an emoji name or a link. */
export const plain = (text: string, max: number): PlainTextElement => ({
  type: 'plain_text',
  text: escapedWithin(text === '' ? ' ' : text, max),
  emoji: false,
});

/** Markup of ours; `verbatim` keeps Slack from finding links and mentions of its own in it. */
export const marked = (text: string): MrkdwnElement => ({ type: 'mrkdwn', text, verbatim: true });

export const header = (text: string): HeaderBlock => ({ type: 'header', text: plain(text, HEADER_MAX) });
export const section = (text: string): SectionBlock => ({ type: 'section', text: marked(text) });
/** A text that somebody wrote, as it is. */
export const words = (text: string, max = SECTION_MAX): SectionBlock => ({ type: 'section', text: plain(text, max) });
export const small = (text: string): KnownBlock => ({ type: 'context', elements: [marked(text)] });

/** Phrases one per line, in a section of at most `max` characters; lines that do not fit are counted instead of shown. */
export function lines(phrases: readonly Phrase[], homes: readonly string[], max = SECTION_MAX): SectionBlock[] {
  const drawn = phrases.map((phrase) => mrkdwn(phrase, homes));
  const shown: string[] = [];
  let length = 0;
  for (const line of drawn) {
    length += line.length + 1;
    if (length > max - 20) break;
    shown.push(line);
  }
  const rest = drawn.length - shown.length;
  if (rest > 0) shown.push(`… and ${rest} more.`);
  return shown.length === 0 ? [] : [section(shown.join('\n'))];
}
