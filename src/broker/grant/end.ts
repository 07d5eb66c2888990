import { Failure } from '../../core/failure.ts';
import type { Command, Remover, Unproven } from '../../core/request/command.ts';
import type { EndingGrant, Plan } from '../../core/request/request.ts';
import { endsExactly, propagatedAt, type Row } from '../../core/request/work.ts';
import type { Closed } from '../../ports/provider.ts';
import type { Store } from '../../ports/store.ts';
import { apply, enqueueNotifications, save } from '../apply.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { TryLater, WORKER, writerLock } from './open.ts';

/** An ending waits this long for the writer, then goes on without: a stopped process holds up nothing. */
const LOCK_WAIT_MS = 5_000;
/** What asking for a lock may take beyond waiting for it. */
const LOCK_SLACK_MS = 1_000;

/** This grant, if the row says that it is being ended. */
export const endingGrant = (row: Row | undefined, grantId: string): EndingGrant | undefined =>
  row?.request.state === 'revoking' ? row.request.grants.find(({ id }) => id === grantId) : undefined;

/** How long access may take to be gone before people are told that it is being taken away. */
const NEWS_MS = 2_000;

/**
 * The window is over. Should the store not take it, access is taken away all the same, from the plan that was read
 * when the job began; the row learns of it on the next try.
 */
export async function expire(
  deps: BrokerDeps,
  requestId: string,
  dueAt: Date,
  signal: AbortSignal,
  by: Remover = 'worker',
): Promise<void> {
  const row = await deps.store.find(requestId);
  const { request } = row ?? {};
  // An attempt before this one recorded the end and came no further.
  if (row && request?.state === 'revoking' && request.cause === 'expired') return takeAllAway(deps, row, signal, by);
  // Due for an end that has moved since: the later one has a job of its own.
  if (request?.state !== 'active' || dueAt < request.endsAt) return;
  const { grants } = request;
  const changed = await save(deps, requestId, { type: 'expire' }, WORKER).catch(async (error: unknown) => {
    // Whatever went wrong, the time is over: a store that fails in an unforeseen way keeps nothing open.
    const own = await Promise.all(grants.map(async (grant) => ((await isForeign(deps, grant.plan)) ? [] : [grant])));
    await Promise.allSettled(
      own.flat().map(async ({ target, plan }) => await providerOf(deps, target.provider).close(plan, signal)),
    );
    throw error;
  });
  if (changed.ok) await takeAllAway(deps, changed.row, signal, by);
}

/**
 * Goes on with the end of every grant at once, without a job in between. People hear of the end and of the removal
 * together, unless the removal takes long. What fails is left to a job of its own.
 */
async function takeAllAway(deps: BrokerDeps, row: Row, signal: AbortSignal, by: Remover): Promise<void> {
  if (row.request.state !== 'revoking') return;
  const slow = AbortSignal.timeout(NEWS_MS);
  const notify = () => enqueueNotifications(deps, row);
  slow.addEventListener('abort', notify, { once: true });
  let failure: unknown;
  for (const grant of row.request.grants) {
    try {
      if (grant.accessRemoved === undefined) await removeAccess(deps, row.request.details.id, grant, signal, by);
    } catch (error) {
      // A failure that the row knows of is tried again as `revoke`, with every other try of it. No grant holds up another.
      if (!(error instanceof Noted)) failure ??= error;
    }
  }
  slow.removeEventListener('abort', notify);
  if (failure !== undefined) throw failure;
}

/** Takes access away and reads it back. From the plan alone; retried for ever by whoever called. */
export async function revoke(
  deps: BrokerDeps,
  requestId: string,
  grantId: string,
  signal: AbortSignal,
  by: Remover = 'worker',
): Promise<void> {
  const grant = endingGrant(await deps.store.find(requestId), grantId);
  if (grant === undefined || grant.accessRemoved !== undefined) return;
  try {
    await removeAccess(deps, requestId, grant, signal, by);
  } catch (error) {
    throw error instanceof Noted ? error.cause : error;
  }
}

async function removeAccess(
  deps: BrokerDeps,
  requestId: string,
  grant: EndingGrant,
  signal: AbortSignal,
  by: Remover,
): Promise<void> {
  if (await isForeign(deps, grant.plan)) return;
  let recorded: Promise<unknown> | undefined;
  /** Once, as soon as it was read back: what the cloud still tidies up holds up nobody. */
  const record = ({ hashes, contested, nativeEndIntact }: ClosedHow): void => {
    // By the clock of the commit, a moment after the read-back: what is proven by waiting waits the longer.
    const confirmed = (_row: Row | undefined, now: Date): Command => ({
      type: 'revoke_confirmed',
      grantId: grant.id,
      proof: { readAt: now, contested, hashes },
      by,
      nativeEndIntact,
    });
    recorded ??= apply(deps, requestId, confirmed, WORKER);
    recorded.catch(() => undefined);
  };
  try {
    await closeLocked(deps, grant, { signal, record }).then(record, (error: unknown) => {
      if (recorded === undefined) throw error;
      deps.logger.warn({ requestId, why: String(error) }, 'access is removed; what came after that failed');
    });
    await recorded;
  } catch (error) {
    const noted = await noteFailure(deps, requestId, error, { grantId: grant.id, fact: 'accessRemoved' });
    throw noted ? new Noted('noted on the row', { cause: error }) : error;
  }
}

/** A failed ending that the row counts: its `revoke` is on the queue again. */
class Noted extends Error {
  override readonly name = 'Noted';
}

type ClosedHow = Closed & { readonly contested: boolean };

interface Closing {
  readonly signal: AbortSignal;
  /** Told at the latest when the cloud resolves, and perhaps before. */
  readonly record: (closed: ClosedHow) => void;
}

/**
 * Closes under the writer's lock if it can be had in time, and without it if not: a lock that is held, lost or cannot
 * even be asked for delays an ending by seconds and never stops it.
 */
async function closeLocked(
  deps: BrokerDeps,
  { id, target, plan }: EndingGrant,
  { signal, record }: Closing,
): Promise<ClosedHow> {
  const close = (contested: boolean) =>
    providerOf(deps, target.provider).close(plan, signal, (closed) => record({ ...closed, contested }));
  const waiting = AbortSignal.timeout(LOCK_WAIT_MS + LOCK_SLACK_MS);
  let begun = false;
  const locked = deps.store.withLock(writerLock(id), LOCK_WAIT_MS, async () => {
    // A lock that comes after we went on without it is given back unused.
    if (waiting.aborted) return undefined;
    begun = true;
    return close(false);
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
  return { ...(await close(true)), contested: true };
}

/**
 * Was this plan made by another installation, whose database ours was copied from? Its cloud objects are that one's to
 * end. When the store does not say, the ending goes on.
 */
export async function isForeign(deps: BrokerDeps, plan: Plan): Promise<boolean> {
  const installationId = await installationIdOf(deps.store).catch(() => plan.installationId);
  if (installationId === plan.installationId) return false;
  deps.logger.warn({ name: plan.name }, 'another installation made this; it is not touched');
  return true;
}

/** The installation's id changes when an operator adopts a copy, and never else; thousands that end together share one look at it. */
const INSTALLATION_ID_MS = 500;
const installationIds = new WeakMap<Store, { readonly installationId: Promise<string>; readonly until: number }>();

function installationIdOf(store: Store): Promise<string> {
  const known = installationIds.get(store);
  if (known !== undefined && performance.now() < known.until) return known.installationId;
  const look = {
    installationId: store.installation().then(({ installationId }) => installationId),
    until: performance.now() + INSTALLATION_ID_MS,
  };
  installationIds.set(store, look);
  // Whoever comes later asks anew.
  look.installationId.catch(() => installationIds.get(store) === look && installationIds.delete(store));
  return look.installationId;
}

/** Proves that sessions ended, at the earlier of the two proofs. */
export async function verifySessions(
  deps: BrokerDeps,
  requestId: string,
  grantId: string,
  signal: AbortSignal,
): Promise<void> {
  const grant = endingGrant(await deps.store.find(requestId), grantId);
  const removed = grant?.accessRemoved;
  if (grant === undefined || removed === undefined || grant.sessionsEnded !== undefined) return;
  if (await isForeign(deps, grant.plan)) return;
  try {
    const seen = await providerOf(deps, grant.target.provider).observe(grant.plan, signal);
    if (!seen.ended) {
      await apply(deps, requestId, { type: 'removal_lost', grantId, readAt: removed.readAt }, WORKER);
      return;
    }
    const byNow = (_row: Row | undefined, now: Date): Command => {
      if (now >= grant.plan.plannedEnd && seen.pastEnd && seen.nativeEndIntact && endsExactly(grant)) {
        const proof = { by: 'native_end', cloudTime: seen.cloudTime, nativeEndIntact: true } as const;
        return { type: 'sessions_confirmed', grantId, proof };
      }
      if (now < propagatedAt(grant, removed)) throw new TryLater('sessions are not proven ended yet');
      const waitedSeconds = Math.floor((now.getTime() - removed.readAt.getTime()) / 1000);
      return {
        type: 'sessions_confirmed',
        grantId,
        proof: { by: 'propagation', removalReadAt: removed.readAt, waitedSeconds },
      };
    };
    await apply(deps, requestId, byNow, WORKER);
  } catch (error) {
    if (!(error instanceof TryLater)) await noteFailure(deps, requestId, error, { grantId, fact: 'sessionsEnded' });
    throw error;
  }
}

/** Deletes the tombstone, once its plan lets it. */
export async function deleteTombstone(
  deps: BrokerDeps,
  requestId: string,
  grantId: string,
  signal: AbortSignal,
): Promise<void> {
  const row = await deps.store.find(requestId);
  const grant = row?.request.state === 'closed' ? row.request.grants.find(({ id }) => id === grantId) : undefined;
  if (grant?.plan === undefined || grant.tombstoneDeletedAt !== undefined || (await isForeign(deps, grant.plan)))
    return;
  await providerOf(deps, grant.target.provider).deleteTombstone(grant.plan, signal);
  await apply(deps, requestId, { type: 'tombstone_deleted', grantId }, WORKER);
}

/** Counts a failed ending on the row, so that the card turns red. False if it was not: the caller retries. */
async function noteFailure(deps: BrokerDeps, requestId: string, error: unknown, of: Unproven): Promise<boolean> {
  const why = error instanceof Failure ? error.code : 'unexpected';
  deps.logger.error({ requestId, why: String(error) }, 'an ending was not confirmed; it is tried again');
  try {
    const { ok } = await apply(deps, requestId, { type: 'revoke_failed', why, of }, WORKER);
    return ok;
  } catch (unsaved) {
    deps.logger.error({ requestId, why: String(unsaved) }, 'the failed ending could not be recorded either');
    return false;
  }
}
