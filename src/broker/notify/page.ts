import type { Directory } from '../../core/policy/directory.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { isOwed, nextPageAt, peopleToPage } from '../../core/request/paging.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { Page } from '../../ports/pager.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { manualCommands } from '../grant/manual-commands.ts';
import { TryLater, WORKER } from '../grant/open.ts';
import { policyOf } from '../policy-of.ts';
import { callAll, callOff, callsFor } from './call.ts';

type Revoking = Extract<AccessRequest, { state: 'revoking' }>;

/**
 * One round of paging about an ending that keeps failing (D6), or what is left of it. The round is recorded before
 * anybody is paged and its outcome afterwards: a process that dies in between leaves a round that is made again under the
 * same keys, and whatever was sent is called off when it is over. No failure keeps anybody else from being paged.
 */
export async function page(deps: BrokerDeps, requestId: string, signal: AbortSignal): Promise<void> {
  const row = await withRound(deps, requestId);
  if (row?.request.state !== 'revoking' || row.request.pages === undefined || !isOwed(row.request)) return;
  const { pages } = row.request;
  const content = await pageOf(deps, row.request, pages.count);
  const calls = callsFor(deps, content, pages.people, row).filter(({ name }) => pages.again?.includes(name) ?? true);
  const called = await callAll(deps, calls, signal);
  await apply(deps, requestId, { type: 'paged', round: pages.count, ...called }, WORKER);
  if (called.again.length > 0) throw new TryLater(`not reached yet: ${called.again.join(', ')}`);
}

/** The row with its newest round, which is begun if it is due. */
async function withRound(deps: BrokerDeps, requestId: string): Promise<Row | undefined> {
  const row = await deps.store.find(requestId);
  if (row?.request.state !== 'revoking') return undefined;
  const due = nextPageAt(row.request);
  if (due === undefined || due > (await deps.store.clock.now())) return row;
  const round = (row.request.pages?.count ?? 0) + 1;
  const people = await onCallNow(deps, row.request);
  // Of two workers one begins it; the other finds it begun, and may make it too: nobody is paged twice of one round.
  return (await apply(deps, requestId, { type: 'page_begun', round, people }, WORKER)).row;
}

async function onCallNow(deps: BrokerDeps, request: Revoking) {
  let policy: Policy | undefined;
  let directory: Directory | undefined;
  try {
    policy = await policyOf(deps);
    ({ directory } = await deps.directory.read(policy));
  } catch (error) {
    deps.logger.warn({ why: String(error) }, 'who is on call is not known; those who approved are paged');
  }
  return peopleToPage(request, policy, directory);
}

const keyOf = async ({ store }: BrokerDeps, request: AccessRequest): Promise<string> =>
  `${(await store.installation()).installationId}/${request.details.id}`;

async function pageOf(deps: BrokerDeps, request: Revoking, round: number): Promise<Page> {
  return {
    key: await keyOf(deps, request),
    round,
    ...deps.words.failingEnding(request),
    commands: manualCommands(deps, request),
    at: request.failingSince ?? request.undone?.since ?? request.endRequestedAt,
  };
}

/** The ending is over: every pager hears it, the chat tells it by the event, and whoever did not take it is told again. */
export async function standDown(deps: BrokerDeps, requestId: string, signal: AbortSignal): Promise<void> {
  const row = await deps.store.find(requestId);
  if (row?.request.state !== 'closed' || row.request.pages === undefined) return;
  const { count: round, unresolved = [], resolved = {}, stoodDownAt } = row.request.pages;
  const over = { key: await keyOf(deps, row.request), round, resolved };
  const only = stoodDownAt === undefined ? {} : { only: unresolved };
  const called = await callOff(deps, { ...over, ...only }, signal);
  await apply(deps, requestId, { type: 'stood_down', ...called }, WORKER);
  if (called.again.length > 0) throw new TryLater(`not called off yet: ${called.again.join(', ')}`);
}
