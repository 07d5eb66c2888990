import type { Announce } from '../../ports/announce.ts';
import type { NewsPlace } from '../../ports/news.ts';
import type { RequestChat } from '../words/content.ts';
import { freezeNews } from '../words/freeze-words.ts';
import { anyOf } from './each.ts';
import { isNo, isUnclear, UNCLEAR_MAX_MS } from './send.ts';
import { type ChatDeps, isSamePlace, policyPlace } from './show.ts';

type Asked = Pick<ChatDeps['store'], 'clock' | 'policyInForce'>;

/** Posts news of a freeze in these chats. */
export const postFreezeIn =
  (chats: readonly RequestChat[], store: Asked): Announce['freeze'] =>
  (place, event, current) => {
    const news = { text: freezeNews(event, current), at: event.at };
    return anyOf(chats, (chat) => postFreeze({ chat, store }, place, news));
  };

/**
 * Posts news of a freeze into one channel of the policy, once where it is both. False when the chat never takes it there,
 * or still answers unclearly so long after it happened that later news must not wait for this.
 */
async function postFreeze(
  deps: Pick<ChatDeps, 'chat'> & { readonly store: Asked },
  which: NewsPlace,
  { text, at }: { readonly text: string; readonly at: Date },
): Promise<boolean> {
  const place = await policyPlace(deps, which);
  if (place === undefined) return false;
  if (which === 'default' && isSamePlace(place, await policyPlace(deps, 'security'))) return true;
  try {
    return !isNo(await deps.chat.send(place, { kind: 'lines', lines: [`⛔ ${text}`] }));
  } catch (error) {
    if (isUnclear(error) && (await deps.store.clock.now()).getTime() - at.getTime() >= UNCLEAR_MAX_MS) return false;
    throw error;
  }
}
