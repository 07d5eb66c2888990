import { setTimeout as wait } from 'node:timers/promises';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { MessageAt } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { adoptClicked } from '../deliver/adopt.ts';
import type { DialogDeps } from './deps.ts';
import type { Press } from './press.ts';

/** What was shown where the click came from, and whether something else is drawn there by now. */
export interface CardPressed {
  readonly digest: string;
  readonly older: boolean;
}

/**
 * An opening click counts only on a message that is stored as this request's card or a copy of it, and for what the
 * newest drawing of it shows. The message itself is never read: anybody's app could have drawn it.
 */
export async function cardPressed(
  deps: DialogDeps,
  key: ChatKey,
  { value: requestId, at, digest }: Press,
): Promise<CardPressed | undefined> {
  if (at === undefined) return undefined;
  const stored = await storedCard(deps, requestId, at);
  const { view, whyNotRead } = deps.broker;
  const ref = stored ?? (await adoptClicked({ ...deps, view, whyNotRead }, key, requestId, at));
  if (ref?.requestId !== requestId || digest === undefined) return undefined;
  return { digest, older: digest !== ref.digest };
}

/**
 * A click can come before the platform's answer that tells us where the card stands. While a card of this request is
 * being sent to that place, it is waited for, as long as the platform may take to say it.
 */
async function storedCard(
  { store, chat: { callMs } }: DialogDeps,
  requestId: string,
  at: MessageAt,
): Promise<MessageRef | undefined> {
  for (let poll = 0; ; poll++) {
    const ref = await store.chat.cardAt(at);
    if (ref !== undefined || poll * POLL_MS >= callMs) return ref;
    const refs = await store.chat.refs(requestId, at.chat);
    const underWay = refs.some((one) => one.place === at.place && one.state === 'sending' && one.seq === 0);
    if (!underWay) return store.chat.cardAt(at);
    await wait(POLL_MS);
  }
}
const POLL_MS = 100;
