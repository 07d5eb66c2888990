import { Failure } from '../core/failure.ts';
import type { EndingGrant, Plan } from '../core/request.ts';
import { propagatedAt, type Row } from '../core/work.ts';
import { apply } from './apply.ts';
import type { BrokerDeps } from './deps.ts';
import { TryLater, WORKER, writerLock } from './open-grant.ts';

/** An ending waits this long for the writer, then goes on without: a stopped process holds up nothing. */
const LOCK_WAIT_MS = 5_000;
/** What asking for a lock may take beyond waiting for it. */
const LOCK_SLACK_MS = 1_000;

const endingGrant = (row: Row | undefined, grantId: string): EndingGrant | undefined =>
  row?.request.state === 'revoking' ? row.request.grants.find(({ id }) => id === grantId) : undefined;

/**
 * The window is over. Should the store not take it, access is taken away all the same, from the plan that was read
 * when the job began; the row learns of it on the next try.
 */
export async function expire(deps: BrokerDeps, requestId: string, dueAt: Date, signal: AbortSignal): Promise<void> {
  const row = await deps.store.find(requestId);
  // Due for an end that has moved since: the later one has a job of its own.
  if (row?.request.state !== 'active' || dueAt < row.request.endsAt) return;
  const { grants } = row.request;
  try {
    await apply(deps, requestId, { type: 'expire' }, WORKER);
  } catch (error) {
    // Whatever went wrong, the time is over: a store that fails in an unforeseen way keeps nothing open.
    const own = await Promise.all(grants.map(async (grant) => ((await isForeign(deps, grant.plan)) ? [] : [grant])));
    await Promise.allSettled(own.flat().map(({ target, plan }) => deps.providers[target.provider].close(plan, signal)));
    throw error;
  }
}

/** Takes access away and reads it back. From the plan alone; retried for ever by whoever called. */
export async function revoke(deps: BrokerDeps, requestId: string, grantId: string, signal: AbortSignal): Promise<void> {
  const grant = endingGrant(await deps.store.find(requestId), grantId);
  if (grant === undefined || grant.accessRemoved !== undefined || (await isForeign(deps, grant.plan))) return;
  try {
    const { hashes, contested } = await closeLocked(deps, grant, signal);
    const proof = { readAt: await deps.store.clock.now(), contested, hashes };
    await apply(deps, requestId, { type: 'revoke_confirmed', grantId, proof }, WORKER);
  } catch (error) {
    await noteFailure(deps, requestId, error);
    throw error;
  }
}

type Closed = Awaited<ReturnType<BrokerDeps['providers']['aws']['close']>> & { readonly contested: boolean };

/**
 * Closes under the writer's lock if it can be had in time, and without it if not: a lock that is held, lost or cannot
 * even be asked for delays an ending by seconds and never stops it.
 */
async function closeLocked(deps: BrokerDeps, { id, target, plan }: EndingGrant, signal: AbortSignal): Promise<Closed> {
  const close = () => deps.providers[target.provider].close(plan, signal);
  const waiting = AbortSignal.timeout(LOCK_WAIT_MS + LOCK_SLACK_MS);
  let begun = false;
  const locked = deps.store.withLock(writerLock(id), LOCK_WAIT_MS, async () => {
    // A lock that comes after we went on without it is given back unused.
    if (waiting.aborted) return undefined;
    begun = true;
    return close();
  });
  const underLock = locked.then(
    (held) => held?.value,
    (error: unknown) => {
      if (begun) throw error;
      deps.logger.warn(
        { grantId: id, why: String(error) },
        'the lock could not be asked for; the ending goes on without it',
      );
      return undefined;
    },
  );
  const gaveUp = new Promise<undefined>((resolve) => {
    waiting.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const first = await Promise.race([underLock, gaveUp.then(() => (begun ? underLock : undefined))]);
  if (first !== undefined) return { ...first, contested: false };
  return { ...(await close()), contested: true };
}

/**
 * Was this plan made by another installation, whose database ours was copied from? Its cloud objects are that one's to
 * end. When the store does not say, the ending goes on.
 */
async function isForeign(deps: BrokerDeps, plan: Plan): Promise<boolean> {
  const mark = await deps.store.installation().then(
    (installation) => installation.mark,
    () => plan.mark,
  );
  if (mark === plan.mark) return false;
  deps.logger.warn({ name: plan.name }, 'another installation made this; it is not touched');
  return true;
}

/** Proves that sessions ended, at the earlier of the two proofs. */
export async function prove(deps: BrokerDeps, requestId: string, grantId: string, signal: AbortSignal): Promise<void> {
  const grant = endingGrant(await deps.store.find(requestId), grantId);
  const removed = grant?.accessRemoved;
  if (grant === undefined || removed === undefined || grant.sessionsEnded !== undefined) return;
  if (await isForeign(deps, grant.plan)) return;
  try {
    const seen = await deps.providers[grant.target.provider].observe(grant.plan, signal);
    if (!seen.revoked) {
      await apply(deps, requestId, { type: 'removal_lost', grantId, readAt: removed.readAt }, WORKER);
      return;
    }
    const now = await deps.store.clock.now();
    if (now >= grant.plan.plannedEnd && seen.pastEnd && seen.expiryDenyUnchanged && grant.confirmedAt !== undefined) {
      const proof = { by: 'native_end', cloudTime: seen.cloudTime, expiryDenyUnchanged: true } as const;
      await apply(deps, requestId, { type: 'sessions_confirmed', grantId, proof }, WORKER);
      return;
    }
    if (now < propagatedAt(grant, removed)) throw new TryLater('sessions are not proven ended yet');
    const waitedSeconds = Math.floor((now.getTime() - removed.readAt.getTime()) / 1000);
    const proof = { by: 'propagation', denyReadAt: removed.readAt, waitedSeconds } as const;
    await apply(deps, requestId, { type: 'sessions_confirmed', grantId, proof }, WORKER);
  } catch (error) {
    if (!(error instanceof TryLater)) await noteFailure(deps, requestId, error);
    throw error;
  }
}

/** Deletes the tombstone, 12 h after the planned end. */
export async function bury(deps: BrokerDeps, requestId: string, grantId: string, signal: AbortSignal): Promise<void> {
  const row = await deps.store.find(requestId);
  const grant = row?.request.state === 'closed' ? row.request.grants.find(({ id }) => id === grantId) : undefined;
  if (grant?.plan === undefined || grant.buriedAt !== undefined || (await isForeign(deps, grant.plan))) return;
  await deps.providers[grant.target.provider].bury(grant.plan, signal);
  await apply(deps, requestId, { type: 'buried', grantId }, WORKER);
}

/** Counts a failed ending on the row, so that the card turns red. If even that cannot be saved, the caller still retries. */
async function noteFailure(deps: BrokerDeps, requestId: string, error: unknown): Promise<void> {
  const why = error instanceof Failure ? error.code : 'unexpected';
  deps.logger.error({ requestId, why: String(error) }, 'an ending was not confirmed; it is tried again');
  try {
    await apply(deps, requestId, { type: 'revoke_failed', why }, WORKER);
  } catch (unsaved) {
    deps.logger.error({ requestId, why: String(unsaved) }, 'the failed ending could not be recorded either');
  }
}
