import { UNLISTED_TOLD } from '../core/stray.ts';
import type { KnownStray } from '../ports/cloud-memory.ts';
import type { BrokerDeps } from './deps.ts';
import { failedWords, foreignWords, settledWords, stoppedWords, unlistedWords } from './findings-words.ts';

/** Findings told at once: what is more waits for the next pass. */
const LIMIT = 1000;

/**
 * Tells the security channel what it was not told yet, each finding once. What the chat does not take is told by the
 * next pass; a process that dies between saying and noting it says it twice.
 */
export async function tellFindings(deps: BrokerDeps, signal: AbortSignal): Promise<void> {
  const { cloud } = deps.store;
  const { stopped, accounts, strays } = await cloud.untold(LIMIT, UNLISTED_TOLD);
  const tell = async (text: string, urgent: boolean, told: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    await (urgent ? page(deps, text) : deps.announce.alarm(text));
    await told();
  };
  try {
    if (stopped) await tell(stoppedWords(), true, () => cloud.toldStopped());
    for (const one of accounts) await tell(unlistedWords(one), false, () => cloud.toldAccount(one));
    for (const stray of strays.filter(({ ours }) => ours)) {
      const text = stray.settled ? settledWords(stray) : failedWords(stray);
      await tell(text, !stray.settled, () => cloud.toldStrays([stray]));
    }
    for (const foreign of byAccount(strays.filter(({ ours }) => !ours))) {
      await tell(foreignWords(foreign), false, () => cloud.toldStrays(foreign));
    }
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn(
      { why: String(error) },
      'the security channel was not told what the clouds hold; it is told later',
    );
  }
}

/** What somebody must hear now, wherever they are. */
async function page({ announce }: BrokerDeps, text: string): Promise<void> {
  await announce.alarm(text);
}

const byAccount = (strays: readonly KnownStray[]): readonly (readonly KnownStray[])[] =>
  [...new Set(strays.map(({ account }) => account))].map((account) => strays.filter((one) => one.account === account));
