import { UNLISTED_TOLD } from '../core/stray.ts';
import type { KnownStray } from '../ports/cloud-memory.ts';
import type { BrokerDeps } from './deps.ts';
import {
  closedWords,
  failedWords,
  foreignWords,
  foundClosedWords,
  stoppedWords,
  unlistedWords,
} from './findings-words.ts';
import { pageTrouble } from './page-trouble.ts';
import { TOO_MANY } from './settle-strays.ts';

/** Findings told at once: what is more waits for the next pass. */
const LIMIT = 1000;

/**
 * Tells the security channel what it was not told yet, each finding once. What the chat does not take is told by the
 * next pass; a process that dies between saying and noting it says it twice.
 */
export async function tellFindings(deps: BrokerDeps, signal: AbortSignal): Promise<void> {
  const { cloud } = deps.store;
  const { stopped, accounts, strays } = await cloud.untold(LIMIT, UNLISTED_TOLD);
  const tell = async (text: string, told: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    await deps.announce.alarm(text);
    await told();
  };
  const ours = strays.filter((stray) => stray.ours);
  try {
    if (stopped) {
      // Once: it may take people a day to sort out, and nothing gets worse meanwhile. Whoever could not be reached is
      // tried by the next pass, and where a page of the same trouble was sent just before, so is this one.
      const called = await pageTrouble(deps, { key: TOO_MANY, summary: stoppedWords(), details: [] });
      const done = called !== undefined && (called.reached.length > 0 || called.again.length === 0);
      if (called !== undefined) await tell(stoppedWords(), async () => (done ? cloud.toldStopped() : undefined));
    }
    for (const one of accounts) await tell(unlistedWords(one), () => cloud.toldAccount(one));
    for (const stray of ours.filter(({ wasOpen }) => wasOpen)) {
      await tell(stray.settled ? closedWords(stray) : failedWords(stray), () => cloud.toldStrays([stray]));
    }
    for (const closed of byAccount(ours.filter(({ wasOpen }) => !wasOpen))) {
      await tell(foundClosedWords(closed), () => cloud.toldStrays(closed));
    }
    for (const foreign of byAccount(strays.filter((stray) => !stray.ours))) {
      await tell(foreignWords(foreign), () => cloud.toldStrays(foreign));
    }
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn(
      { why: String(error) },
      'the security channel was not told what the clouds hold; it is told later',
    );
  }
}

const byAccount = (strays: readonly KnownStray[]): readonly (readonly KnownStray[])[] =>
  [...new Set(strays.map(({ account }) => account))].map((account) => strays.filter((one) => one.account === account));
