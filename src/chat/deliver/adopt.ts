import type { ChatKey } from '../../core/policy/directory.ts';
import type { Actor } from '../../core/request/command.ts';
import { digestShown } from '../../core/request/extension.ts';
import type { Refusal } from '../../core/request/refusal.ts';
import type { Row } from '../../core/request/work.ts';
import type { MessageAt } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { cardFor } from './draw.ts';
import { isSamePlace, type ShowDeps } from './show.ts';

type AdoptDeps = Pick<ShowDeps, 'chat' | 'view'> & {
  readonly store: Pick<ShowDeps['store'], 'chat' | 'find'>;
  /** Why somebody may not even read what was asked; undefined for a known person with a member's account. */
  readonly whyNotRead: (actor: Extract<Actor, { type: 'person' }>) => Promise<Refusal | undefined>;
};

/**
 * Notes a card whose sending came to an unknown end, when its reader clicks on it. Nothing of the click is believed: it must
 * come from somebody whom we know, and stand in their own conversation with us, where a card for them was sent; no other
 * message of ours may be noted there; and the chat must say that it is ours. A chat that can be searched says what it carries.
 * Elsewhere it is drawn anew, which a chat lets nobody do with what others wrote; but nothing says which of our messages it
 * was. So a channel's card is never adopted by a click: whoever may click there could name a freeze notice, and it would be
 * overwritten for everybody. Undefined for any other message. Rejects with `Failure` when the chat does not say.
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
  const missing = refs.find((ref) => isLostOf(deps, ref, row, key));
  if (missing === undefined || !isSamePlace(await chat.direct({ keys: [key] }), at)) return undefined;
  if (await store.chat.isNoted(at)) return undefined;
  if ((await deps.whyNotRead({ type: 'person', key })) !== undefined) return undefined;
  const shown = chat.can.search ? await tagged(deps, missing, at) : await redrawn(deps, row, at);
  if (shown === undefined) return undefined;
  await store.chat.sent(missing, { place: at.place, message: at.message, ...shown });
  return store.chat.cardAt(at);
}

/**
 * May this lost message stand in the conversation with whoever has this key? Their copy may, and of the requester's own
 * request the channel's card, which comes to them where no channel takes it. Where a chat can be searched that is looked for.
 */
function isLostOf({ chat }: AdoptDeps, { kind, person, message }: MessageRef, row: Row, key: ChatKey): boolean {
  if (message !== undefined) return false;
  if (kind === 'copy') return partyIn(row.request, person)?.keys.includes(key) ?? false;
  return kind === 'card' && !chat.can.search && row.request.details.requester.keys.includes(key);
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
