import { isOurs, STRAYS_MAX } from '../core/stray.ts';
import type { KnownStray } from '../ports/cloud-memory.ts';
import type { BrokerDeps } from './deps.ts';
import { unclosedWords } from './findings-words.ts';
import { codeOf, dataOf, placeOf, type Round } from './list-account.ts';
import { pageTrouble, troubleOver } from './page-trouble.ts';

/** Troubles that people are paged for, as long as they last. */
export const TOO_MANY = 'cloud-sweep';
const UNCLOSED = 'cloud-strays';

/** More than can be collected: listings stop looking once there are too many. */
const LIMIT = 100;

/**
 * Closes what is of our mark and explained by no row, once the listing that found it is done. More than a few at once,
 * open or closed, mean that rows are missing, not that roles are too many: then none is touched, and people are called.
 * They all refuse by themselves from the end that is written on them.
 */
export async function settleStrays(deps: BrokerDeps, pass: Round): Promise<void> {
  const { cloud, clock } = deps.store;
  const ids = pass.accounts.map(({ id }) => id);
  const unknown: Judged[] = [];
  for (const stray of await cloud.unsettled(ids, LIMIT)) {
    const now = await judge(deps, pass, stray);
    if (now === 'explained') await cloud.dropStray(stray);
    else unknown.push({ stray, now });
  }
  if (unknown.length > STRAYS_MAX) {
    const objects = unknown.map(({ stray, now }) => ({ account: stray.account, name: stray.name, now }));
    deps.logger.error({ objects }, 'too many objects of ours without a row; none is touched');
    await cloud.stop({ type: 'cloud_sweep_stopped', data: { atLeast: unknown.length, objects } }, await clock.now());
    return;
  }
  await cloud.resume();
  await troubleOver(deps, TOO_MANY);
  const left: KnownStray[] = [];
  for (const { stray, now } of unknown.filter((one) => one.stray.listed)) {
    if (now === 'closed') await settle(deps, stray);
    else if (!(await close(deps, pass, stray))) left.push(stray);
  }
  await pageAbout(deps, left);
}

interface Judged {
  readonly stray: KnownStray;
  readonly now: 'open' | 'closed';
}

const accountOf = ({ accounts }: Round, { account }: KnownStray) => accounts.find(({ id }) => id === account);

/** Asks once more, before anything is touched, what stands there and what the rows say. What cannot be read counts as open. */
async function judge(deps: BrokerDeps, pass: Round, stray: KnownStray): Promise<Judged['now'] | 'explained'> {
  const { store, providers } = deps;
  const account = accountOf(pass, stray);
  if (account === undefined) return 'open';
  const inspect = (limit: AbortSignal) => providers[account.provider].inspect(account, stray.name, limit);
  try {
    const seen = await pass.patience.ask(stray, pass.signal, inspect);
    if (seen?.id !== stray.id || !isOurs(seen.mark, pass.mark)) return 'explained';
    const planned = await store.cloud.planned(placeOf(account), [stray.name.toLowerCase()], await store.clock.now());
    if (planned.size > 0) return 'explained';
    return seen.revoked ? 'closed' : 'open';
  } catch (error) {
    pass.signal.throwIfAborted();
    deps.logger.warn({ ...dataOf(stray), why: String(error) }, 'an object without a row could not be read again');
    return 'open';
  }
}

const settle = async ({ store }: BrokerDeps, stray: KnownStray): Promise<void> =>
  store.cloud.settle(stray, { type: 'stray_revoked', data: dataOf(stray) }, await store.clock.now());

/** True once it is closed, and read back. */
async function close(deps: BrokerDeps, pass: Round, stray: KnownStray): Promise<boolean> {
  const account = accountOf(pass, stray);
  const { mark, copy } = await deps.store.installation();
  // Somebody said meanwhile that this database is another installation: what stands there is not its own any more.
  if (account === undefined || copy !== undefined || mark !== pass.mark) return true;
  const { name, id } = stray;
  const closeIt = (limit: AbortSignal) =>
    deps.providers[account.provider].closeStray(account, { name, id, mark }, limit);
  try {
    await pass.patience.ask(stray, pass.signal, closeIt);
    await settle(deps, stray);
    return true;
  } catch (error) {
    pass.signal.throwIfAborted();
    const why = codeOf(error);
    deps.logger.error({ ...dataOf(stray), why: String(error) }, 'an object of ours without a row was not closed');
    const data = { what: 'stray_not_revoked', ...dataOf(stray), why };
    await deps.store.cloud.failStray(stray, why, { type: 'alarm', data });
    return false;
  }
}

/** Access that should not be and cannot be taken away pages people until it is, like any ending that fails (D6). */
async function pageAbout(deps: BrokerDeps, left: readonly KnownStray[]): Promise<void> {
  if (left.length === 0) return await troubleOver(deps, UNCLOSED);
  await pageTrouble(deps, {
    key: UNCLOSED,
    summary: unclosedWords(left.length),
    details: left.map(({ account, name }) => `account ${account}: ${name}`),
    commands: left.map(({ provider, name }) => deps.providers[provider].strayByHand(name)),
  });
}
