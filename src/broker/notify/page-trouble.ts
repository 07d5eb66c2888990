import type { Policy } from '../../core/policy/policy.ts';
import { onDuty } from '../../core/request/paging.ts';
import type { Party } from '../../core/request/request.ts';
import type { Called, Trouble, TroubleRound } from '../../ports/pager.ts';
import type { BrokerDeps } from '../deps.ts';
import { policyOf } from '../policy-of.ts';
import { callAll, callOff, callsFor } from './call.ts';

const ACTOR = 'system:pager';
const PAGE_MS = 30_000;
/** Where no policy can be read. */
const EVERY_SECONDS = 300;

/**
 * Pages who is on duty about something that is no request. May be called as often as the trouble is seen: under one key
 * there is at most one page each `pageEverySeconds`, over all processes; a round that reached nobody is made again.
 * Resolves with what came of it, or undefined when nothing was due. Rejects only when the store does not answer.
 */
export async function pageTrouble(deps: BrokerDeps, trouble: Trouble): Promise<Called | undefined> {
  const policy = await policyOf(deps).catch(() => undefined);
  const begun = await deps.store.troubles.begin(trouble.key, policy?.timings.pageEverySeconds ?? EVERY_SECONDS);
  return begun && callDuty(deps, trouble, begun);
}

/** One round of it: who is on duty and every pager, but those that this round has reached; noted and recorded. */
export async function callDuty(deps: BrokerDeps, trouble: Trouble, begun: TroubleRound): Promise<Called> {
  const policy = await policyOf(deps).catch(() => undefined);
  const { installationId } = await deps.store.installation();
  const page = {
    key: `${installationId}/${trouble.key}`,
    round: begun.round,
    summary: trouble.summary,
    details: trouble.details,
    commands: trouble.commands ?? [],
    at: begun.at,
  };
  const people = policy === undefined ? [] : await dutyOf(deps, policy);
  const calls = callsFor(deps, page, people, undefined).filter(({ name }) => !begun.reached.includes(name));
  const called = await callAll(deps, calls, AbortSignal.timeout(PAGE_MS));
  await deps.store.troubles.reached(trouble.key, begun.round, called.reached);
  const { reached, missed } = called;
  const data = { key: trouble.key, count: begun.round, summary: trouble.summary, reached, missed };
  await deps.store.record(ACTOR, [{ type: 'oncall_paged', data }]);
  if (reached.length === 0) deps.logger.error({ key: trouble.key, missed }, 'nobody could be paged');
  return called;
}

/** The trouble is over: its pages are called off. May be called as often as all is well. */
export async function troubleOver(deps: BrokerDeps, key: string): Promise<void> {
  const round = await deps.store.troubles.over(key);
  if (round === undefined) return;
  await deps.store.record(ACTOR, [{ type: 'page_resolved', data: { key, pages: round } }]);
  await callTroublesOff(deps);
}

/** Tells every pager that has not heard it which troubles are over. The sweep does it again until each has taken it. */
export async function callTroublesOff(deps: BrokerDeps): Promise<void> {
  const { troubles } = deps.store;
  for (const { key, round, resolved } of await troubles.unresolved()) {
    const { installationId } = await deps.store.installation();
    const over = { key: `${installationId}/${key}`, round, resolved };
    const called = await callOff(deps, over, AbortSignal.timeout(PAGE_MS));
    await troubles.resolved(key, round, { resolved: called.resolved, whole: called.again.length === 0 });
  }
}

async function dutyOf(deps: BrokerDeps, policy: Policy): Promise<readonly Party[]> {
  try {
    return onDuty(policy, (await deps.directory.read(policy)).directory);
  } catch (error) {
    deps.logger.warn({ why: String(error) }, 'who is on call is not known; only the pagers are paged');
    return [];
  }
}
