import type { MessageRef } from '../../ports/chat-memory.ts';
import { partyIn } from '../told.ts';
import type { AppDeps } from './app-deps.ts';
import type { Caller } from './caller.ts';
import { directWith } from './direct.ts';
import { type Found, isMarked, messageAt } from './find.ts';
import { METADATA } from './ids.ts';
import { chatFailure, refusalOf } from './web.ts';

/**
 * Notes a copy of the card whose sending came to an unknown end, when its reader clicks on it: our own bot's message, marked
 * as this person's copy, in this person's own direct message with us, where none is noted. Slack is asked for all of it;
 * nothing of the click is believed. Undefined for any other message. Rejects with `Failure` when Slack does not say.
 */
export async function adoptCopy(
  deps: AppDeps,
  { key, user }: Caller,
  requestId: string,
  at: Found,
): Promise<MessageRef | undefined> {
  const { chat } = deps.store;
  const [row, refs] = await Promise.all([deps.store.find(requestId), chat.refs(requestId)]);
  if (row === undefined) return undefined;
  const missing = refs.find(
    ({ kind, ts, person }) => kind === 'copy' && ts === undefined && partyIn(row.request, person)?.keys.includes(key),
  );
  if (missing === undefined || (await directWith(deps, user))?.channel !== at.channel) return undefined;
  try {
    const found = await messageAt(deps.workspace, at);
    const payload = { request: requestId, kind: 'copy', person: missing.person };
    if (found === undefined || !isMarked(found, { type: METADATA.card, payload })) return undefined;
  } catch (error) {
    if (refusalOf(error) !== undefined) return undefined;
    throw chatFailure('looking at a message', error);
  }
  // What it shows is not known, so version 0: the next drawing brings it up to date.
  await chat.sent(missing, { ...at, drawnVersion: 0 });
  return chat.cardAt(at.channel, at.ts);
}
