import { withDeadline } from '../bounded.ts';
import type { NewEvent } from '../core/events.ts';
import { Failure } from '../core/failure.ts';
import type { Account } from '../core/policy.ts';
import { isOurs, STRAYS_MAX, UNLISTED_TOLD } from '../core/stray.ts';
import type { CloudPlace, KnownStray, ListedPage, Stray } from '../ports/cloud-memory.ts';
import type { Inspection, Standing, StandingPage } from '../ports/provider.ts';
import type { BrokerDeps } from './deps.ts';
import type { Patience } from './patience.ts';

/** One pass over all accounts. */
export interface Round {
  readonly round: number;
  /** This installation's. */
  readonly mark: string;
  readonly accounts: readonly Account[];
  readonly signal: AbortSignal;
  /** With accounts that are asked about single objects. */
  readonly patience: Patience;
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
    await cloud.failListing(place, pass.round, why, UNLISTED_TOLD, event);
  }
}

/** A page; the first one of a new listing where the cloud does not know the cursor any more. */
async function pageAt(
  deps: BrokerDeps,
  { round }: Round,
  account: Account,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<StandingPage> {
  const provider = deps.providers[account.provider];
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
  { mark, accounts }: Round,
  account: Account,
  objects: readonly Standing[],
  signal: AbortSignal,
): Promise<Found> {
  const { cloud, clock } = deps.store;
  const place = placeOf(account);
  const names = objects.map(({ name }) => name.toLowerCase());
  const planned = await cloud.planned(place, names, await clock.now());
  const unknown = objects.filter(({ name }) => !planned.has(name.toLowerCase()));
  if (unknown.length === 0) return { strays: [], there: [], events: [] };
  const known = await cloud.strays(
    place,
    unknown.map(({ name }) => name),
  );
  const ids = accounts.map(({ id }) => id);
  let room = STRAYS_MAX + 1 - (await cloud.unsettled(ids, STRAYS_MAX + 1)).length;
  const strays: Stray[] = [];
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
    if (before !== undefined && isAsBefore(before, seen, mark)) {
      there.push(object.name);
      continue;
    }
    const { name, id, grantId } = seen;
    const ours = isOurs(seen.mark, mark);
    strays.push({ ...place, name, id, mark: seen.mark, grantId, ours, wasOpen: !seen.revoked });
    if (ours) room -= 1;
  }
  return { strays, there, events: foreignEvents(place, strays) };
}

/** Stands for the id of an object that may not be read: it is looked at by every pass until it may. */
const UNREAD = '';

/** Nothing of it needs another look: it waits to be closed, or is somebody else's and reported. */
const isStill = ({ id, ours, settled }: KnownStray): boolean => id !== UNREAD && (!ours || !settled);

/** Still closed, or not to be read: that says nothing new of what was known. */
const isAsBefore = (before: KnownStray, seen: Inspection, mark: string): boolean =>
  seen.id === UNREAD || (before.ours && isOurs(seen.mark, mark) && seen.revoked);

/** One that may not be read is nobody's that we know. */
async function inspected(
  deps: BrokerDeps,
  account: Account,
  object: Standing,
  signal: AbortSignal,
): Promise<Inspection | undefined> {
  try {
    return await deps.providers[account.provider].inspect(account, object.name, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.retry) throw error;
    deps.logger.warn({ account: account.id, name: object.name, why: error.message }, 'an object could not be read');
    return { name: object.name, id: UNREAD, mark: undefined, grantId: undefined, revoked: false };
  }
}

/** What the event of a stray of ours says. */
export const dataOf = ({ provider, account, name, id, grantId = '', wasOpen }: Stray): NewEvent['data'] => ({
  provider,
  account,
  name,
  id,
  grantId,
  wasOpen,
});

function foreignEvents(place: CloudPlace, strays: readonly Stray[]): Found['events'] {
  const foreign = strays.filter(({ ours }) => !ours);
  if (foreign.length === 0) return [];
  const objects = foreign.map(({ name, id, mark = '' }) => ({ name, id, mark }));
  return [{ type: 'stray_foreign', data: { ...place, objects } }];
}
