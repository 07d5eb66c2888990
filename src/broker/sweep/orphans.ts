import { isOurs, ORPHANS_MAX } from '../../core/request/orphan.ts';
import type { KnownOrphan } from '../../ports/cloud-memory.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { commandsOf } from '../grant/manual-commands.ts';
import { TOO_MANY } from '../notify/findings.ts';
import { pageTrouble, troubleOver } from '../notify/page-trouble.ts';
import { isIn } from '../places.ts';
import { codeOf, dataOf, placeOf, type Round } from './list-account.ts';

/** People are paged for this trouble as long as it lasts. */
const UNCLOSED = 'cloud-orphans';

/** More than can be collected: listings stop looking once there are too many. */
const LIMIT = 100;

/**
 * Closes what is of our installation id and explained by no row, once the listing that found it is done. More than a few at once,
 * open or closed, mean that rows are missing, not that roles are too many: then none is touched, and people are called.
 * They all refuse by themselves from the end that is written on them.
 */
export async function settleOrphans(deps: BrokerDeps, pass: Round): Promise<void> {
  const { cloud, clock } = deps.store;
  const places = pass.accounts.map(placeOf);
  const unknown: Judged[] = [];
  for (const orphan of await cloud.unsettled(places, LIMIT)) {
    const now = await judge(deps, pass, orphan);
    if (now === 'explained') await cloud.dropOrphan(orphan);
    else unknown.push({ orphan, now });
  }
  if (unknown.length > ORPHANS_MAX) {
    const objects = unknown.map(({ orphan, now }) => ({
      provider: orphan.provider,
      account: orphan.account,
      name: orphan.name,
      now,
    }));
    deps.logger.error({ objects }, 'too many objects of ours without a row; none is touched');
    await cloud.stop({ type: 'cloud_sweep_stopped', data: { atLeast: unknown.length, objects } }, await clock.now());
    return;
  }
  await cloud.resume();
  await troubleOver(deps, TOO_MANY);
  const left: KnownOrphan[] = [];
  for (const { orphan, now } of unknown.filter((one) => one.orphan.listed)) {
    if (now === 'closed') await settle(deps, orphan);
    else if (!(await close(deps, pass, orphan))) left.push(orphan);
  }
  await pageAbout(deps, left);
}

interface Judged {
  readonly orphan: KnownOrphan;
  readonly now: 'open' | 'closed';
}

const accountOf = ({ accounts }: Round, orphan: KnownOrphan) => accounts.find((one) => isIn(placeOf(one), orphan));

/** Asks once more, before anything is touched, what stands there and what the rows say. What cannot be read counts as open. */
async function judge(deps: BrokerDeps, pass: Round, orphan: KnownOrphan): Promise<Judged['now'] | 'explained'> {
  const { store } = deps;
  const account = accountOf(pass, orphan);
  if (account === undefined) return 'open';
  const inspect = async (limit: AbortSignal) =>
    await providerOf(deps, account.provider).inspect(account, orphan.name, limit);
  try {
    const seen = await pass.breaker.call(orphan, pass.signal, inspect);
    if (seen?.id !== orphan.id || !isOurs(seen.installationId, pass.installationId)) return 'explained';
    const planned = await store.cloud.planned(placeOf(account), [orphan.name.toLowerCase()], await store.clock.now());
    if (planned.size > 0) return 'explained';
    return seen.ended ? 'closed' : 'open';
  } catch (error) {
    pass.signal.throwIfAborted();
    deps.logger.warn({ ...dataOf(orphan), why: String(error) }, 'an object without a row could not be read again');
    return 'open';
  }
}

const settle = async ({ store }: BrokerDeps, orphan: KnownOrphan): Promise<void> =>
  store.cloud.settle(orphan, { type: 'orphan_revoked', data: dataOf(orphan) }, await store.clock.now());

/** True once it is closed, and read back. */
async function close(deps: BrokerDeps, pass: Round, orphan: KnownOrphan): Promise<boolean> {
  const account = accountOf(pass, orphan);
  const { installationId, copy } = await deps.store.installation();
  // Somebody said meanwhile that this database is another installation: what stands there is not its own any more.
  if (account === undefined || copy !== undefined || installationId !== pass.installationId) return true;
  const { name, id } = orphan;
  const closeIt = async (limit: AbortSignal) =>
    await providerOf(deps, account.provider).closeOrphan(account, { name, id, installationId }, limit);
  try {
    await pass.breaker.call(orphan, pass.signal, closeIt);
    await settle(deps, orphan);
    return true;
  } catch (error) {
    pass.signal.throwIfAborted();
    const why = codeOf(error);
    deps.logger.error({ ...dataOf(orphan), why: String(error) }, 'an object of ours without a row was not closed');
    const data = { what: 'orphan_not_revoked', ...dataOf(orphan), why };
    await deps.store.cloud.failOrphan(orphan, why, { type: 'alarm', data });
    return false;
  }
}

/** Access that should not be and cannot be taken away pages people until it is, like any ending that fails (D6). */
async function pageAbout(deps: BrokerDeps, left: readonly KnownOrphan[]): Promise<void> {
  if (left.length === 0) return await troubleOver(deps, UNCLOSED);
  await pageTrouble(deps, {
    key: UNCLOSED,
    ...deps.words.orphansStayOpen(left),
    commands: left.flatMap((one) => commandsOf(deps, one.provider, (provider) => provider.orphanCommands(one.name))),
  });
}
