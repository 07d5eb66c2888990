import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../bounded.ts';
import { Failure } from '../../core/failure.ts';
import type { ChatName } from '../../core/policy/directory.ts';

/** All chats' work runs in the same few places: so many of them one chat may have, and so many while it does not answer. */
const PLACES = 6;
const PLACES_ILL = 3;
/** Where a chat answers, a place is soon free: no reason to put work off. */
const WAIT_MS = 500;
const POLL_MS = 25;
/** What takes longer is given up by whoever asked for it, and counts no more. */
const LONGEST_MS = 30_000;

/** Runs work of one chat. */
export type Share = <T>(chat: ChatName, work: () => Promise<T>) => Promise<T>;

/**
 * Keeps a chat that does not answer from having every place in which the work of all chats runs. Rejects at once with
 * `CHAT_UNAVAILABLE` where it has its share already: that work comes back by itself. A process with one chat has nobody
 * to share with.
 */
export function fairShare(chats: readonly ChatName[]): Share {
  if (chats.length < 2) return (_chat, work) => work();
  const running = new Map<ChatName, number>();
  const ill = new Set<ChatName>();
  const has = (chat: ChatName): number => running.get(chat) ?? 0;
  const isFull = (chat: ChatName): boolean => has(chat) >= (ill.has(chat) ? PLACES_ILL : PLACES);
  const taken = async (chat: ChatName): Promise<void> => {
    for (let waited = 0; isFull(chat); waited += POLL_MS) {
      if (waited >= WAIT_MS) ill.add(chat);
      if (ill.has(chat)) throw new Failure('CHAT_UNAVAILABLE', `${chat} has as much to do as leaves others room`);
      await wait(POLL_MS);
    }
    running.set(chat, has(chat) + 1);
  };
  return async (chat, work) => {
    await taken(chat);
    try {
      const done = await within(LONGEST_MS, chat, work());
      ill.delete(chat);
      return done;
    } catch (error) {
      ill.add(chat);
      throw error;
    } finally {
      running.set(chat, has(chat) - 1);
    }
  };
}
