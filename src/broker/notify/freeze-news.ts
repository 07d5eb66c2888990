import type { BrokerDeps } from '../deps.ts';
import { notifyNews } from './news.ts';

/** What telling needs: the command line has no more. */
export type FreezeNewsDeps = Pick<BrokerDeps, 'store' | 'logger'> & {
  readonly announce: Pick<BrokerDeps['announce'], 'chats' | 'freeze'>;
};

/** Tells both channels of each chat what they were not told yet of freezing and lifting (`notifyNews`). */
export const notifyFreeze = (deps: FreezeNewsDeps): Promise<void> =>
  notifyNews(deps, {
    lock: 'freeze-news',
    chats: deps.announce.chats,
    channels: ['security', 'default'],
    news: deps.store.freezeNews,
    say: async (place, event) => deps.announce.freeze(place, event, await deps.store.freeze()),
    unsaid: 'a channel cannot be told of the freeze; tell them yourself',
  });
