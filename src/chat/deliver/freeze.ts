import type { Announce } from '../../ports/announce.ts';
import type { FreezeChannel } from '../../ports/news.ts';
import type { RequestChat } from '../words/content.ts';
import { freezeNews } from '../words/freeze-words.ts';
import { isNo, isUnclear, UNCLEAR_MAX_MS } from './send.ts';
import { type ChatDeps, isSamePlace, policyPlace } from './show.ts';

type Asked = Pick<ChatDeps['store'], 'clock' | 'policyInForce'>;

/** Posts news of a freeze into a channel of one of these chats. */
export const postFreezeIn =
  (chats: readonly RequestChat[], store: Asked): Announce['freeze'] =>
  async ({ chat: name, channel }, event, current) => {
    const chat = chats.find((one) => one.name === name);
    const news = { text: freezeNews(event, current), at: event.at };
    return chat !== undefined && postFreeze({ chat, store }, channel, news);
  };

/**
 * Posts news of a freeze into one channel of the policy, once where it is both. False when the chat never takes it there,
 * or still answers unclearly so long after it happened that later news must not wait for this.
 */
async function postFreeze(
  deps: Pick<ChatDeps, 'chat'> & { readonly store: Asked },
  which: FreezeChannel,
  { text, at }: { readonly text: string; readonly at: Date },
): Promise<boolean> {
  const place = await policyPlace(deps, which);
  // A chat that the policy names no channel in is owed nothing; without a policy nobody knows whom to tell.
  if (place === undefined) return (await deps.store.policyInForce()) !== undefined;
  if (which === 'default' && isSamePlace(place, await policyPlace(deps, 'security'))) return true;
  try {
    return !isNo(await deps.chat.send(place, { kind: 'lines', lines: [`⛔ ${text}`] }));
  } catch (error) {
    if (isUnclear(error) && (await deps.store.clock.now()).getTime() - at.getTime() >= UNCLEAR_MAX_MS) return false;
    throw error;
  }
}
