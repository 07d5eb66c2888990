import type { ChatKey } from '../../core/policy/directory.ts';
import { digestShown } from '../../core/request/extension.ts';
import type { Row } from '../../core/request/work.ts';
import type { MessageAt } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { cardFor, cardPlaces } from './draw.ts';
import { isSamePlace, type ShowDeps } from './show.ts';

type AdoptDeps = Pick<ShowDeps, 'chat' | 'view'> & {
  readonly store: Pick<ShowDeps['store'], 'chat' | 'find' | 'policyInForce'>;
};

/**
 * Notes a card whose sending came to an unknown end, when somebody clicks on it. Nothing of the click is believed: it must
 * stand where that card was sent to (a copy, in its reader's own conversation with us), and the chat must say that it is
 * ours. A chat that can be searched says what it carries; elsewhere it is drawn anew, which a chat lets nobody do with what
 * others wrote. Undefined for any other message. Rejects with `Failure` when the chat does not say.
 */
export async function adoptClicked(
  deps: AdoptDeps,
  key: ChatKey,
  requestId: string,
  at: MessageAt,
): Promise<MessageRef | undefined> {
  const { chat, store } = deps;
  const [row, refs] = await Promise.all([store.find(requestId), store.chat.refs(requestId, chat.name)]);
  if (row === undefined) return undefined;
  const lost = refs.filter(({ message }) => message === undefined);
  const missing = (await copyAt(deps, { lost, row, key, at })) ?? (await cardAt(deps, { lost, row, at }));
  if (missing === undefined) return undefined;
  const shown = chat.can.search ? await tagged(deps, missing, at) : await redrawn(deps, row, at);
  if (shown === undefined) return undefined;
  await store.chat.sent(missing, { place: at.place, message: at.message, ...shown });
  return store.chat.cardAt(at);
}

/** Somebody clicked on what is none of the messages whose place is noted. */
interface Clicked {
  readonly lost: readonly MessageRef[];
  readonly row: Row;
  readonly at: MessageAt;
}

/** The lost copy of whoever clicked, if this is their own conversation with us. */
async function copyAt(
  { chat }: AdoptDeps,
  { lost, row, key, at }: Clicked & { readonly key: ChatKey },
): Promise<MessageRef | undefined> {
  const isTheirs = (person: string): boolean => partyIn(row.request, person)?.keys.includes(key) ?? false;
  const copy = lost.find(({ kind, person }) => kind === 'copy' && isTheirs(person));
  return copy !== undefined && isSamePlace(await chat.direct({ keys: [key] }), at) ? copy : undefined;
}

/** The lost card, if it may stand there. Where the chat can be searched it is looked for, and needs no click. */
async function cardAt(deps: AdoptDeps, { lost, row, at }: Clicked): Promise<MessageRef | undefined> {
  const card = lost.find(({ kind }) => kind === 'card');
  if (card === undefined || deps.chat.can.search) return undefined;
  for (const place of cardPlaces(deps, row)) if (isSamePlace(await place(), at)) return card;
  return undefined;
}

/** What is known of what a message shows. */
type Shown = Pick<MessageRef, 'drawnVersion'> & { readonly digest?: string };

async function tagged(
  { chat }: AdoptDeps,
  { requestId, person }: MessageRef,
  at: MessageAt,
): Promise<Shown | undefined> {
  const tag = (await chat.look(at))?.tag;
  const isTheirs = tag?.type === 'card' && tag.of.request === requestId && tag.of.kind === 'copy';
  // What it shows is not known, so version 0: the next drawing brings it up to date.
  return isTheirs && tag.of.person === person ? { drawnVersion: 0 } : undefined;
}

async function redrawn(deps: AdoptDeps, row: Row, at: MessageAt): Promise<Shown | undefined> {
  const no = await deps.chat.edit(at, await cardFor(deps, row));
  return no === undefined ? { drawnVersion: row.version, digest: digestShown(row.request) } : undefined;
}
