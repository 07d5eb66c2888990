import { type Fields, fieldsOf, isFields } from './json.ts';
import type { StoredMessage } from './model.ts';
import { type Ink, type Reader, readMrkdwn, readPlain, wordsOf } from './mrkdwn.ts';
import { SLACKBOT } from './replies.ts';
import { titleOf } from './wire.ts';
import type { World } from './world.ts';

/** Blocks in which every text object has gained `inks`: what this reader sees of it. */
export type DrawnBlock = Fields;

/** A message as one person sees it. */
export interface SeenMessage {
  readonly channel: string;
  readonly ts: string;
  readonly author: string;
  readonly authorName: string;
  readonly byApp: boolean;
  /** The message's fallback text, as sent. */
  readonly text: string;
  readonly inks: readonly Ink[];
  readonly blocks: readonly DrawnBlock[];
  /** Everything shown, as words. */
  readonly words: string;
  readonly edited: boolean;
  readonly ephemeral: boolean;
  readonly broadcast: boolean;
  readonly threadTs?: string;
  readonly replies: number;
  readonly clock: string;
}

/** The open modal as its owner sees it. */
export interface SeenModal {
  readonly id: string;
  readonly title: string;
  readonly submit?: string;
  readonly close: string;
  readonly callbackId: string;
  readonly privateMetadata: string;
  readonly blocks: readonly DrawnBlock[];
  readonly values: Readonly<Record<string, Readonly<Record<string, Fields>>>>;
  readonly errors: Readonly<Record<string, string>>;
  readonly words: string;
  /** True when closing it brings back another modal. */
  readonly stacked: boolean;
}

/** The eyes of one person. */
export function readerOf(world: World, user: string): Reader {
  return {
    id: user,
    tz: world.people.get(user)?.tz ?? 'UTC',
    now: world.now(),
    personName: (id) => world.people.get(id)?.realName,
    channelName: (id) => world.channels.get(id)?.name,
  };
}

/** Draws whatever holds text objects, for one reader. */
export function draw(value: unknown, reader: Reader): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => draw(one, reader));
  if (!isFields(value)) return value;
  const inks = inksOf(value, reader);
  const drawn = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, draw(one, reader)]));
  return inks ? { ...drawn, inks } : drawn;
}

function inksOf(value: Fields, reader: Reader): readonly Ink[] | undefined {
  if (typeof value.text !== 'string') return undefined;
  if (value.type === 'mrkdwn') return readMrkdwn(value.text, reader, value.verbatim === true);
  return value.type === 'plain_text' || value.type === 'text' ? readPlain(value.text) : undefined;
}

const drawBlocks = (blocks: readonly Fields[], reader: Reader): readonly DrawnBlock[] =>
  blocks.map((block) => fieldsOf(draw(block, reader)));

/** All the words in drawn blocks, one text object a line. */
function wordsIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsIn).filter(Boolean).join('\n');
  if (!isFields(value)) return '';
  if (Array.isArray(value.inks)) return wordsOf(value.inks.filter(isInk));
  const seen = [
    'title',
    'label',
    'text',
    'fields',
    'elements',
    'accessory',
    'element',
    'hint',
    'placeholder',
    'options',
  ];
  return seen
    .map((name) => wordsIn(value[name]))
    .filter(Boolean)
    .join('\n');
}

const isInk = (value: unknown): value is Ink => isFields(value) && typeof value.kind === 'string';

/** A message as `user` sees it. */
export function seeMessage(world: World, message: StoredMessage, user: string): SeenMessage {
  const reader = readerOf(world, user);
  const blocks = drawBlocks(message.blocks ?? [], reader);
  const inks = readMrkdwn(message.text, reader);
  const person = world.people.get(message.author);
  const slackbot = message.author === SLACKBOT;
  return {
    channel: message.channel,
    ts: message.ts,
    author: message.author,
    authorName: slackbot ? 'Slackbot' : (person?.realName ?? message.author),
    byApp: slackbot || person?.bot === true,
    text: message.text,
    inks,
    blocks,
    words: blocks.length > 0 ? wordsIn(blocks) : wordsOf(inks),
    edited: message.editedTs !== undefined,
    ephemeral: message.onlyFor !== undefined,
    broadcast: message.broadcast ?? false,
    ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
    replies: message.threadTs === undefined ? Math.max(0, world.thread(message.channel, message.ts).length - 1) : 0,
    clock: new Intl.DateTimeFormat('en-US', { timeZone: reader.tz, hour: 'numeric', minute: '2-digit' }).format(
      Number(message.ts) * 1000,
    ),
  };
}

/** The modal `user` has in front of them. */
export function seeModal(world: World, user: string): SeenModal | undefined {
  const view = world.topView(user);
  if (!view) return undefined;
  const blocks = drawBlocks(view.blocks, readerOf(world, user));
  const { definition } = view;
  const submit = fieldsOf(definition.submit).text;
  return {
    id: view.id,
    title: titleOf(view),
    ...(submit === undefined ? {} : { submit: String(submit) }),
    close: String(fieldsOf(definition.close).text ?? 'Cancel'),
    callbackId: String(definition.callback_id ?? ''),
    privateMetadata: String(definition.private_metadata ?? ''),
    blocks,
    values: view.state,
    errors: view.errors,
    words: wordsIn(blocks),
    stacked: view.previousId !== null,
  };
}
