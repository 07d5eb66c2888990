import type { ChatKey } from '../../core/policy/directory.ts';
import type { MessageAt } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { type ChatDeps, isSamePlace } from './show.ts';

/**
 * Notes a copy of the card whose sending came to an unknown end, when its reader clicks on it: our own message, tagged as
 * this person's copy, in this person's own conversation with us, where none is noted. The chat is asked for all of it;
 * nothing of the click is believed. Undefined for any other message. Rejects with `Failure` when the chat does not say.
 */
export async function adoptCopy(
  { chat, store }: Pick<ChatDeps, 'chat'> & { readonly store: Pick<ChatDeps['store'], 'chat' | 'find'> },
  key: ChatKey,
  requestId: string,
  at: MessageAt,
): Promise<MessageRef | undefined> {
  const [row, refs] = await Promise.all([store.find(requestId), store.chat.refs(requestId)]);
  if (row === undefined) return undefined;
  const missing = refs.find(
    ({ kind, ts, person }) => kind === 'copy' && ts === undefined && partyIn(row.request, person)?.keys.includes(key),
  );
  if (missing === undefined || !isSamePlace(await chat.direct({ keys: [key] }), at)) return undefined;
  const tag = (await chat.look(at))?.tag;
  const isTheirs = tag?.type === 'card' && tag.of.request === requestId && tag.of.kind === 'copy';
  if (!isTheirs || tag.of.person !== missing.person) return undefined;
  // What it shows is not known, so version 0: the next drawing brings it up to date.
  await store.chat.sent(missing, { channel: at.place, ts: at.message, drawnVersion: 0 });
  return store.chat.cardAt(at.place, at.message);
}
