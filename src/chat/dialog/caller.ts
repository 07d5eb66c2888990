import { Failure } from '../../core/failure.ts';
import type { ChatKey, ChatName } from '../../core/policy/directory.ts';
import type { Actor } from '../../core/request/command.ts';
import type { Place } from '../../ports/chat.ts';

/** Who typed, pressed or sent something, by a payload that its adapter verified. */
export interface Caller {
  readonly chat: ChatName;
  /** The key that names them. May have to ask the platform, and rejects where it does not say: then nothing is opened. */
  key(): Promise<ChatKey>;
  /** Every key that may be theirs, likeliest first: for what takes away. Asks the platform nothing about the person. */
  keysToEnd(): Promise<readonly [ChatKey, ...ChatKey[]]>;
  /** Where they did it, if it was in a place. */
  readonly place: Place | undefined;
}

export type PersonActor = Extract<Actor, { type: 'person' }>;

/** Somebody whose key is known. */
export interface Known {
  readonly key: ChatKey;
  readonly actor: PersonActor;
}

/** Rejects with `SENDER_UNKNOWN` where the platform does not say who this is. */
export async function known(caller: Caller): Promise<Known> {
  const key = await caller.key().catch((error: unknown) => {
    throw new Failure('SENDER_UNKNOWN', error instanceof Error ? error.message : String(error), { cause: error });
  });
  return { key, actor: { type: 'person', key } };
}

/** Somebody who takes something away: as each of the people whom they may be here, likeliest first. */
export async function toEnd(caller: Caller): Promise<readonly [PersonActor, ...PersonActor[]]> {
  const [first, ...others] = await caller.keysToEnd();
  const as = (key: ChatKey): PersonActor => ({ type: 'person', key });
  return [as(first), ...others.map(as)];
}
