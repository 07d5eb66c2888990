import type { NewsPlace } from '../ports/freeze-news.ts';
import type { BrokerDeps } from './deps.ts';

/** How long whoever tells waits for another that does. */
const WAIT_MS = 5_000;
const LOCK = 'freeze-news';
const PLACES: readonly NewsPlace[] = ['security', 'default'];

/** What telling needs: the command line has no more. */
export type TellingFreeze = Pick<BrokerDeps, 'store' | 'logger'> & {
  readonly announce: Pick<BrokerDeps['announce'], 'freeze'>;
};

/**
 * Tells both channels what they were not told yet of freezing and lifting, in order, each by itself. May be done at any
 * time, by several at once: one tells and the others find it told. Rejects when it should be done again, which the sweep
 * does; a process that dies between saying and noting it says it twice.
 */
export async function tellFreeze(deps: TellingFreeze): Promise<void> {
  const { freezeNews } = deps.store;
  const untold = await Promise.all(PLACES.map((place) => freezeNews.untold(place)));
  if (untold.every((events) => events.length === 0)) return;
  const { copy } = await deps.store.installation();
  if (copy !== undefined) return;
  await deps.store.withLock(LOCK, WAIT_MS, async (lost) => {
    const tried = await Promise.allSettled(PLACES.map((place) => tellPlace(deps, place, lost)));
    const failed = tried.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  });
}

async function tellPlace({ store, announce, logger }: TellingFreeze, place: NewsPlace, lost: AbortSignal) {
  for (const event of await store.freezeNews.untold(place)) {
    lost.throwIfAborted();
    if (!(await announce.freeze(place, event, await store.freeze()))) {
      logger.error({ place, event: event.id }, 'a channel cannot be told of the freeze; tell them yourself');
    }
    await store.freezeNews.told(place, event.seq);
  }
}
