import { UNLISTED_NOTIFIED } from '../../core/request/orphan.ts';
import type { KnownOrphan } from '../../ports/cloud-memory.ts';
import type { BrokerDeps } from '../deps.ts';
import { isIn, placesOf } from '../places.ts';
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
  const { store, words } = deps;
  const { cloud } = store;
  const { stopped, accounts, orphans } = await cloud.pendingNotifications(LIMIT, UNLISTED_NOTIFIED);
  const notify = async (text: string, notified: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    // What one chat has not taken yet keeps no other from hearing the rest.
    if (await deps.announce.alarm(text)) await notified();
  };
  const ours = orphans.filter((orphan) => orphan.ours);
  try {
    if (stopped) {
      const text = words.tooManyOrphans();
      // Once: it may take people a day to sort out, and nothing gets worse meanwhile. Whoever could not be reached is
      // tried by the next pass, and where a page of the same trouble was sent just before, so is this one.
      const called = await pageTrouble(deps, { key: TOO_MANY, summary: text, details: [] });
      const done = called !== undefined && (called.reached.length > 0 || called.again.length === 0);
      if (called !== undefined) await notify(text, async () => (done ? cloud.notifiedStopped() : undefined));
    }
    for (const one of accounts) await notify(words.accountUnlisted(one), () => cloud.notifiedAccount(one));
    for (const orphan of ours.filter(({ wasOpen }) => wasOpen)) {
      await notify(orphan.settled ? words.orphanClosed(orphan) : words.orphanNotClosed(orphan), () =>
        cloud.notifiedOrphans([orphan]),
      );
    }
    for (const closed of byAccount(ours.filter(({ wasOpen }) => !wasOpen))) {
      await notify(words.orphansFoundClosed(closed), () => cloud.notifiedOrphans(closed));
    }
    for (const foreign of byAccount(orphans.filter((orphan) => !orphan.ours))) {
      await notify(words.foreignObjects(foreign), () => cloud.notifiedOrphans(foreign));
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
