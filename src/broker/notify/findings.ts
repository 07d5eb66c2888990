import { UNLISTED_NOTIFIED } from '../../core/request/orphan.ts';
import type { CloudPlace, KnownOrphan } from '../../ports/cloud-memory.ts';
import type { BrokerDeps } from '../deps.ts';
import { isIn, placesOf, sharedWords } from '../places.ts';
import {
  closedWords,
  failedWords,
  foreignWords,
  foundClosedWords,
  stoppedWords,
  unlistedWords,
} from './findings-words.ts';
import { pageTrouble } from './page-trouble.ts';

/** The trouble of more unknown objects than are closed by themselves: people are paged for it as long as it lasts. */
export const TOO_MANY = 'cloud-sweep';

/** Findings told at once: what is more waits for the next pass. */
const LIMIT = 1000;

/**
 * Tells the security channel what it was not told yet, each finding once. What the chat does not take is told by the
 * next pass; a process that dies between saying and noting it says it twice.
 */
export async function notifyFindings(deps: BrokerDeps, signal: AbortSignal): Promise<void> {
  const { cloud } = deps.store;
  const { stopped, accounts, orphans } = await cloud.pendingNotifications(LIMIT, UNLISTED_NOTIFIED);
  const notify = async (text: string, notified: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    await deps.announce.alarm(text);
    await notified();
  };
  const ours = orphans.filter((orphan) => orphan.ours);
  const words = (of: readonly CloudPlace[]) => sharedWords(deps.clouds, of);
  try {
    if (stopped) {
      const all = sharedWords(
        deps.clouds,
        Object.keys(deps.clouds).map((provider) => ({ provider })),
      );
      // Once: it may take people a day to sort out, and nothing gets worse meanwhile. Whoever could not be reached is
      // tried by the next pass, and where a page of the same trouble was sent just before, so is this one.
      const called = await pageTrouble(deps, { key: TOO_MANY, summary: stoppedWords(all), details: [] });
      const done = called !== undefined && (called.reached.length > 0 || called.again.length === 0);
      if (called !== undefined)
        await notify(stoppedWords(all), async () => (done ? cloud.notifiedStopped() : undefined));
    }
    for (const one of accounts) await notify(unlistedWords(one, words([one])), () => cloud.notifiedAccount(one));
    for (const orphan of ours.filter(({ wasOpen }) => wasOpen)) {
      await notify(orphan.settled ? closedWords(orphan, words([orphan])) : failedWords(orphan, words([orphan])), () =>
        cloud.notifiedOrphans([orphan]),
      );
    }
    for (const closed of byAccount(ours.filter(({ wasOpen }) => !wasOpen))) {
      await notify(foundClosedWords(closed, words(closed)), () => cloud.notifiedOrphans(closed));
    }
    for (const foreign of byAccount(orphans.filter((orphan) => !orphan.ours))) {
      await notify(foreignWords(foreign, words(foreign)), () => cloud.notifiedOrphans(foreign));
    }
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn(
      { why: String(error) },
      'the security channel was not told what the clouds hold; it is told later',
    );
  }
}

const byAccount = (orphans: readonly KnownOrphan[]): readonly (readonly KnownOrphan[])[] =>
  placesOf(orphans).map((place) => orphans.filter((one) => isIn(place, one)));
