import { withDeadline } from '../../bounded.ts';
import type { NewEvent } from '../../core/events.ts';
import { Failure } from '../../core/failure.ts';
import type { Account } from '../../core/policy/policy.ts';
import { isOurs, ORPHANS_MAX, UNLISTED_NOTIFIED } from '../../core/request/orphan.ts';
import type { CloudPlace, KnownOrphan, ListedPage, Orphan } from '../../ports/cloud-memory.ts';
import type { CloudObject, Inspection, ObjectPage } from '../../ports/provider.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** One pass over all accounts. */
export interface Round {
  readonly round: number;
  /** This installation's. */
  readonly installationId: string;
  readonly accounts: readonly Account[];
  readonly signal: AbortSignal;
  /** With accounts that are asked about single objects. */
  readonly breaker: CircuitBreaker;
}

/** One account gets this long in one pass; what it has not shown by then is asked for in the next. */
const ACCOUNT_MS = 60_000;

export const placeOf = ({ provider, id }: Account): CloudPlace => ({ provider, account: id });

/** The code of a failure, for events and people; what is none is a defect, and its text stays in the log. */
export const codeOf = (error: unknown): string => (error instanceof Failure ? error.code : 'unexpected');

/**
 * Lists one account from where its listing stands to the end, a page at a time, asking the store about each page after
 * the cloud. An account that fails is noted and left to the next pass, which goes on at the same page.
 */
export async function listAccount(deps: BrokerDeps, pass: Round, account: Account): Promise<void> {
  pass.signal.throwIfAborted();
  const { cloud, clock } = deps.store;
  const place = placeOf(account);
  const listing = await cloud.beginListing(place, pass.round, await clock.now());
  if (listing === undefined) return;
  const signal = withDeadline(ACCOUNT_MS, pass.signal);
  try {
    let { cursor } = listing;
    do {
      const page = await pageAt(deps, pass, account, cursor, signal);
      const found = await judged(deps, pass, account, page.objects, signal);
      await cloud.savePage(place, pass.round, { ...found, next: page.next }, await clock.now());
      cursor = page.next;
    } while (cursor !== undefined);
  } catch (error) {
    // This process stops, or another may be sweeping by now: nothing more is written here.
    pass.signal.throwIfAborted();
    deps.logger.warn({ ...place, why: String(error) }, 'an account could not be listed; the next pass goes on there');
    const why = codeOf(error);
    const event = { type: 'alarm', data: { what: 'cloud_unlisted', ...place, why } } as const;
    await cloud.failListing(place, pass.round, why, UNLISTED_NOTIFIED, event);
  }
}

/** A page; the first one of a new listing where the cloud does not know the cursor any more. */
async function pageAt(
  deps: BrokerDeps,
  { round }: Round,
  account: Account,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ObjectPage> {
  const provider = providerOf(deps, account.provider);
  try {
    return await provider.list(account, cursor, signal);
  } catch (error) {
    if (cursor === undefined || codeOf(error) !== 'PROVIDER_REFUSED') throw error;
    deps.logger.info({ account: account.id }, 'the cloud refused an old cursor; the account is listed anew');
    await deps.store.cloud.beginListing(placeOf(account), round, await deps.store.clock.now(), true);
    return await provider.list(account, undefined, signal);
  }
}

type Found = Omit<ListedPage, 'next'>;

/** What of a page no row explains. Known ones are not looked at again, unless they are ours and closed: that may change. */
async function judged(
  deps: BrokerDeps,
  { installationId, accounts }: Round,
  account: Account,
  objects: readonly CloudObject[],
  signal: AbortSignal,
): Promise<Found> {
  const { cloud, clock } = deps.store;
  const place = placeOf(account);
  const names = objects.map(({ name }) => name.toLowerCase());
  const planned = await cloud.planned(place, names, await clock.now());
  const unknown = objects.filter(({ name }) => !planned.has(name.toLowerCase()));
  if (unknown.length === 0) return { orphans: [], there: [], events: [] };
  const known = await cloud.orphans(
    place,
    unknown.map(({ name }) => name),
  );
  let room = ORPHANS_MAX + 1 - (await cloud.unsettled(accounts.map(placeOf), ORPHANS_MAX + 1)).length;
  const orphans: Orphan[] = [];
  const there: string[] = [];
  for (const object of unknown) {
    const before = known.find(({ name, id }) => name === object.name && (id === object.id || id === UNREAD));
    if (before !== undefined && isStill(before)) {
      there.push(object.name);
      continue;
    }
    // Enough to stop at: what else there is must not grow our memory, nor be touched.
    if (before === undefined && room <= 0) continue;
    const seen = await inspected(deps, account, object, signal);
    // A listing that lags shows what is gone.
    if (seen === undefined) continue;
    if (before !== undefined && isAsBefore(before, seen, installationId)) {
      there.push(object.name);
      continue;
    }
    const { name, id, grantId } = seen;
    const ours = isOurs(seen.installationId, installationId);
    orphans.push({ ...place, name, id, installationId: seen.installationId, grantId, ours, wasOpen: !seen.ended });
    if (ours) room -= 1;
  }
  return { orphans, there, events: foreignEvents(place, orphans) };
}

/** Stands for the id of an object that may not be read: it is looked at by every pass until it may. */
const UNREAD = '';

/** Nothing of it needs another look: it waits to be closed, or is somebody else's and reported. */
const isStill = ({ id, ours, settled }: KnownOrphan): boolean => id !== UNREAD && (!ours || !settled);

/** Still closed, or not to be read: that says nothing new of what was known. */
const isAsBefore = (before: KnownOrphan, seen: Inspection, installationId: string): boolean =>
  seen.id === UNREAD || (before.ours && isOurs(seen.installationId, installationId) && seen.ended);

/** One that may not be read is nobody's that we know. */
async function inspected(
  deps: BrokerDeps,
  account: Account,
  object: CloudObject,
  signal: AbortSignal,
): Promise<Inspection | undefined> {
  try {
    return await providerOf(deps, account.provider).inspect(account, object.name, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.retry) throw error;
    deps.logger.warn({ account: account.id, name: object.name, why: error.message }, 'an object could not be read');
    return { name: object.name, id: UNREAD, installationId: undefined, grantId: undefined, ended: false };
  }
}

/** What the event of an orphan of ours says. */
export const dataOf = ({ provider, account, name, id, grantId = '', wasOpen }: Orphan): NewEvent['data'] => ({
  provider,
  account,
  name,
  id,
  grantId,
  wasOpen,
});

function foreignEvents(place: CloudPlace, orphans: readonly Orphan[]): Found['events'] {
  const foreign = orphans.filter(({ ours }) => !ours);
  if (foreign.length === 0) return [];
  const objects = foreign.map(({ name, id, installationId = '' }) => ({ name, id, installationId }));
  return [{ type: 'orphan_foreign', data: { ...place, objects } }];
}
