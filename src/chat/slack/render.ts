import type { ActionsBlock, Button, KnownBlock } from '@slack/types';
import type { CardButton, CardView, Fact, ManualCommands, Tone } from '../words/card.ts';
import type { PrivateNote } from '../words/content.ts';
import { oneLine, type Phrase, wordsOf } from '../words/phrase.ts';
import type { TimelineEntry } from '../words/timeline-entry.ts';
import {
  FIELD_MAX,
  header,
  lines,
  marked,
  paragraphs,
  plain,
  SECTION_MAX,
  section,
  small,
  within,
  words,
} from './blocks.ts';
import { ACTION_IDS, ASK_AGAIN, buttonsBlock } from './ids.ts';
import { fallback, inert, linked, mrkdwn } from './text.ts';

/** What Slack's chat.postMessage and chat.update take. */
export interface Message {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: KnownBlock[];
}

const LIGHTS = {
  waiting: '🟡',
  open: '🟢',
  ending: '🟠',
  alarm: '🔴',
  done: '⚪',
  refused: '⚫',
} as const satisfies Record<Tone, string>;

/** A card as Slack shows it: at most 20 blocks and 12,000 characters, whatever was typed. */
export function cardMessage(card: CardView, homes: readonly string[]): Message {
  const short = card.facts.filter((fact) => !fact.long);
  const long = card.facts.filter((fact) => fact.long);
  const blocks: KnownBlock[] = [
    header(`${LIGHTS[card.tone]} ${card.headline}`),
    section(mrkdwn(card.status, homes)),
    ...chunks(short, 10).map(
      (some): KnownBlock => ({ type: 'section', fields: some.map((fact) => factField(fact, homes)) }),
    ),
    ...long.map(({ label, value }) => words(`${label}: ${wordsOf(value)}`, FIELD_MAX)),
    ...lines(
      card.caveats.map((caveat) => [`⚠ ${oneLine(caveat, 280)}`]),
      homes,
      1500,
    ),
    ...titled('Approved', card.approvals, homes, 1500),
    ...titled('Still needed', card.open, homes, 2000),
    ...manualCommands(card.manualCommands),
    ...(card.buttons.length > 0 ? [buttons(card)] : []),
    small(`Request \`${inert(card.requestId)}\` · terms \`${inert(card.digest.slice(0, 12))}\``),
  ];
  return { text: inert(`${card.headline}. ${wordsOf(card.status)}`), blocks };
}

const factField = ({ label, value }: Fact, homes: readonly string[]) =>
  marked(`*${inert(label)}*\n${mrkdwn(value, homes)}`);

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

const titled = (title: string, phrases: readonly Phrase[], homes: readonly string[], max: number): KnownBlock[] =>
  phrases.length === 0 ? [] : lines([[{ strong: title }], ...phrases], homes, max);

function buttons({ buttons: all, requestId, digest }: CardView): ActionsBlock {
  return { type: 'actions', block_id: buttonsBlock(digest), elements: all.map((one) => button(one, requestId)) };
}

const button = ({ action, label, style, confirm }: CardButton, requestId: string): Button => ({
  type: 'button',
  action_id: ACTION_IDS[action],
  text: plain(label, 75),
  value: requestId,
  ...(style === undefined ? {} : { style }),
  ...(confirm === undefined
    ? {}
    : {
        confirm: {
          title: plain(confirm.title, 100),
          text: plain(confirm.text, 300),
          confirm: plain(confirm.yes, 30),
          deny: plain('Keep it', 30),
          style: 'danger',
        },
      }),
});

/** One line of the timeline; what somebody typed stands apart, as plain text. */
export function postMessage({ said, quote }: TimelineEntry, homes: readonly string[], hand?: ManualCommands): Message {
  const typed = quote === undefined ? '' : oneLine(quote, 1000);
  return {
    text: fallback(said),
    blocks: [
      section(mrkdwn(said, homes)),
      ...(typed === '' ? [] : [words(`“${typed}”`, FIELD_MAX)]),
      ...manualCommands(hand),
    ],
  };
}

/** What somebody can run to end access, or nothing. */
const manualCommands = (hand: ManualCommands | undefined): KnownBlock[] =>
  hand === undefined ? [] : [section(inert(hand.said)), ...snippetBlocks(hand.commands)];

/**
 * Text to copy, character by character as it is. What does not fit whole is left out, since half a command is worse than
 * none, and that is said. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
function snippetBlocks(texts: readonly string[]): KnownBlock[] {
  const shown = texts.filter((text) => text.length <= SNIPPET_MAX).slice(0, SNIPPETS_MAX);
  const left = texts.length - shown.length;
  return [
    ...shown.map(
      (text): KnownBlock => ({
        type: 'rich_text',
        elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }], border: 0 }],
      }),
    ),
    ...(left > 0 ? [section(`… and ${left} more, which do not fit here whole: ${WHERE_WRITTEN}.`)] : []),
  ];
}
const SNIPPET_MAX = 2500;
const SNIPPETS_MAX = 3;
const WHERE_WRITTEN = 'docs/operations.md, “Ending by hand”, says how they are written';

/** A private message: words, a link of ours, snippets to copy, and where it helps a button to ask again. */
export function noteMessage(
  { said, link, before, snippets = [], askAgain }: PrivateNote,
  homes: readonly string[],
): Message {
  const blocks: KnownBlock[] = [section(mrkdwn(said, homes))];
  if (link) blocks.push(section(linked(link.url, link.label)));
  if (before) blocks.push(section(inert(before)));
  blocks.push(...snippetBlocks(snippets));
  if (askAgain) {
    blocks.push({
      type: 'actions',
      elements: [
        { type: 'button', action_id: ASK_AGAIN, text: plain('Ask again…', 75), value: askAgain, style: 'primary' },
      ],
    });
  }
  return { text: fallback(said), blocks };
}

/** What is answered to one person: plain words, and where they have to choose, one button. */
export interface Said {
  readonly text: string;
  readonly button?: { readonly action: string; readonly label: string; readonly value: string } | undefined;
}

/** Plain words to one person, in sections where they are long, with the button under them. */
export const sayMessage = (text: string, button?: Said['button']): Message => ({
  text: within(text, SECTION_MAX, inert),
  blocks: [...paragraphs(text), ...(button === undefined ? [] : [dangerButton(button)])],
});

const dangerButton = ({ action, label, value }: NonNullable<Said['button']>): ActionsBlock => ({
  type: 'actions',
  elements: [{ type: 'button', action_id: action, text: plain(label, 75), value, style: 'danger' }],
});
