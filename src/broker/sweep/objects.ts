import { pause } from '../../bounded.ts';
import { type Alteration, isSameAlteration } from '../../core/request/alteration.ts';
import type { Command } from '../../core/request/command.ts';
import type { AccessRequest, Plan } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { NamedGrant } from '../../ports/cloud-memory.ts';
import { apply } from '../apply.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { commandsOf } from '../grant/manual-commands.ts';
import { WORKER } from '../grant/open.ts';
import { pageTrouble, troubleOver } from '../notify/page-trouble.ts';
import { isIn, placesOf } from '../places.ts';
import { forEachLimit } from './for-each-limit.ts';
import type { Round } from './list-account.ts';

/** Trouble that people are paged for, as long as it lasts. */
const REOPENED = 'cloud-tombstones';
/** Grants looked at together; after each such page it is noted how far the pass came. */
const PAGE = 20;

interface Watching extends Pick<Round, 'installationId' | 'signal' | 'breaker'> {
  /** From a look at open access that shows a difference to the second one, in milliseconds: clouds' reads may be stale. */
  readonly againMs: number;
}
interface Reopened extends NamedGrant {
  readonly plan: Plan;
}

/**
 * Looks by name at everything that should stand as we left it: open access, whether it is still what was opened, and
 * tombstones, whether they still let nobody in. It goes on where an earlier pass stopped, so that none is left out
 * however many there are. What differs on open access is told; a tombstone that was opened is closed again.
 */
export async function watchObjects(deps: BrokerDeps, watching: Watching): Promise<void> {
  const { cloud, clock } = deps.store;
  const from = await cloud.watchedTo();
  const left: Reopened[] = [];
  let isWhole = from === '';
  for (let after = from; ; ) {
    const page = await cloud.expectedObjects(watching.installationId, await clock.now(), PAGE, after);
    await forEachLimit(placesOf(page), async (place) => {
      for (const one of page) {
        if (!isIn(place, one)) continue;
        const seen = await look(deps, watching, one);
        if (seen === 'unread') isWhole = false;
        else if (seen !== undefined) left.push(seen);
      }
    });
    after = (page.length === PAGE && page.at(-1)?.grantId) || '';
    await cloud.noteWatched(after);
    if (after === '') break;
  }
  if (left.length > 0) await pageAbout(deps, left);
  else if (isWhole) await troubleOver(deps, REOPENED);
}

/** What became of one: nothing to say, it could not be read, or a tombstone that stays open. */
async function look(deps: BrokerDeps, watching: Watching, one: NamedGrant): Promise<undefined | 'unread' | Reopened> {
  watching.signal.throwIfAborted();
  if (watching.breaker.isOver(one)) return 'unread';
  const row = await deps.store.find(one.requestId);
  try {
    if (row?.request.state === 'active') await lookAtOpen(deps, watching, one, row);
    return row?.request.state === 'closed' ? await lookAtTombstone(deps, watching, one, row.request) : undefined;
  } catch (error) {
    watching.signal.throwIfAborted();
    deps.logger.warn({ ...one, why: String(error) }, 'what stands in the cloud could not be compared with its plan');
    return 'unread';
  }
}

/** The plans of which any document may be in force: while more time is being written, those of both ends. */
const plansOf = (request: AccessRequest | undefined, grantId: string): readonly Plan[] => {
  if (request?.state !== 'active') return [];
  const planned = request.grants.find(({ id }) => id === grantId)?.plan;
  const later = request.extension?.plans?.find((plan) => plan.grantId === grantId);
  return [planned, later].filter((plan) => plan !== undefined);
};

/** Told only of what two looks saw, and of which the row, by then, has no explanation of its own. */
async function lookAtOpen(deps: BrokerDeps, watching: Watching, one: NamedGrant, row: Row): Promise<void> {
  const { requestId, grantId } = one;
  const plans = plansOf(row.request, grantId);
  const first = await alteredIn(deps, watching, one, plans);
  if (first.length === 0) return;
  await pause(watching.againMs, watching.signal);
  const found = common(first, await alteredIn(deps, watching, one, plans));
  const ends = endsOf(plans);
  const command = (current: Row | undefined, now: Date): Command => {
    const request = current?.request;
    // More time that was written meanwhile explains it, and so does an end that is due and that no row tells yet.
    const isSame = request?.state === 'active' && now < request.endsAt && endsOf(plansOf(request, grantId)) === ends;
    return { type: 'altered', grantId, altered: isSame ? found : [] };
  };
  const changed = await apply(deps, requestId, command, WORKER);
  if (changed.ok) deps.logger.error({ ...one, altered: found }, 'open access is not what was opened any more');
}

const common = (some: readonly Alteration[], others: readonly Alteration[]): readonly Alteration[] =>
  some.filter((one) => others.some((other) => isSameAlteration(one, other)));

/** What is as none of these plans has it. Of what is not there at all nothing is said: that is noted elsewhere. */
async function alteredIn(
  deps: BrokerDeps,
  { signal, breaker }: Watching,
  one: NamedGrant,
  plans: readonly Plan[],
): Promise<readonly Alteration[]> {
  let altered: readonly Alteration[] | undefined;
  for (const plan of plans) {
    const seen = await breaker.call(one, signal, (limit) => providerOf(deps, one.provider).observe(plan, limit));
    if (!seen.found) return [];
    altered = altered === undefined ? seen.altered : common(altered, seen.altered);
  }
  return altered ?? [];
}

const endsOf = (plans: readonly Plan[]): string => plans.map(({ plannedEnd }) => plannedEnd.toISOString()).join();

const tombstoneIn = (request: AccessRequest | undefined, grantId: string): Plan | undefined => {
  const grant = request?.state === 'closed' ? request.grants.find(({ id }) => id === grantId) : undefined;
  return grant?.tombstoneDeletedAt === undefined ? grant?.plan : undefined;
};

async function lookAtTombstone(
  deps: BrokerDeps,
  { signal, breaker }: Watching,
  one: NamedGrant,
  request: AccessRequest,
): Promise<Reopened | undefined> {
  const { requestId, grantId } = one;
  const provider = providerOf(deps, one.provider);
  const plan = tombstoneIn(request, grantId);
  if (plan === undefined || (await breaker.call(one, signal, (limit) => provider.isEnded(plan, limit))))
    return undefined;
  // Deleted by us meanwhile, it is missing as it should be.
  if (tombstoneIn((await deps.store.find(requestId))?.request, grantId) === undefined) return undefined;
  try {
    const { hashes } = await breaker.call(one, signal, (limit) => provider.close(plan, limit));
    await apply(deps, requestId, { type: 'closed_again', grantId, hashes }, WORKER);
    deps.logger.error({ ...one, name: plan.name }, 'what an ending had closed was open again; it is closed');
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.error({ ...one, why: String(error) }, 'what an ending had closed is open again, and was not closed');
    return { ...one, plan };
  }
}

/** Access that is proven ended, and is not any more, pages people until it is (D6). */
async function pageAbout(deps: BrokerDeps, left: readonly Reopened[]): Promise<void> {
  await pageTrouble(deps, {
    key: REOPENED,
    ...deps.words.endingsUndone(left.map(({ provider, account, plan: { name } }) => ({ provider, account, name }))),
    commands: left.flatMap(({ plan }) => commandsOf(deps, plan.provider, (provider) => provider.manualCommands(plan))),
  });
}
