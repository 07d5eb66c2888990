import type { HeaderBlock, KnownBlock, MrkdwnElement, PlainTextElement, SectionBlock } from '@slack/types';
import { cut } from '../../core/cut.ts';
import { type Phrase, plural } from '../words/phrase.ts';
import { escaped, mrkdwn } from './text.ts';

/**
 * The few blocks everything is built of. Texts are cut here where Slack would refuse the message.
 * Limits: https://docs.slack.dev/reference/block-kit/blocks
 */
export const SECTION_MAX = 3000;
export const FIELD_MAX = 2000;
const HEADER_MAX = 150;

/** Text drawn by `as`, of at most `max` characters, never cut inside an entity. */
export function within(text: string, max: number, as: (text: string) => string = escaped): string {
  let room = max;
  while (as(cut(text, room)).length > max) room -= Math.max(1, Math.ceil((as(cut(text, room)).length - max) / 5));
  return as(cut(text, room));
}

/** Text in which nothing is markup, an emoji name or a link. */
export const plain = (text: string, max: number): PlainTextElement => ({
  type: 'plain_text',
  text: within(text === '' ? ' ' : text, max),
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

/** All blocks of a message together; Slack documents no number and refuses a little more with `msg_blocks_too_long`. */
const BLOCKS_MAX = 12_000;
/** A piece of a long line: escaped, each character can become five. */
const PIECE = /.{1,600}/gsu;

/**
 * A text that somebody wrote, as it is, in as many sections as its lines need. What does not fit into one message is
 * counted in the last line.
 */
export function paragraphs(text: string): SectionBlock[] {
  const all = text
    .split('\n')
    .flatMap((line) => (escaped(line).length > SECTION_MAX ? (line.match(PIECE) ?? []) : [line]));
  const parts: string[] = [];
  let [shown, total] = [0, 0];
  for (const line of all) {
    total += escaped(line).length + 1;
    if (total > BLOCKS_MAX - 100) break;
    shown += 1;
    const longer = parts.length === 0 ? line : `${parts.at(-1)}\n${line}`;
    if (parts.length > 0 && escaped(longer).length > SECTION_MAX) parts.push(line);
    else parts.splice(-1, 1, longer);
  }
  const rest = all.length - shown;
  if (rest > 0) parts.push(`… and ${plural(rest, 'more line')}: one message holds no more.`);
  return parts.map((part) => words(part));
}
