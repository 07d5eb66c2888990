import { digestOf } from '../canonical.ts';
import { later } from './decision.ts';

/*
 * Where a cloud can hold only one assignment of a role to a person in a scope, the requests that want it share it as a
 * lease: it stands until the last of them ends, and never past it. The lease row is locked before the rows of its
 * requests, what stands in the cloud is read under that lock, and whatever is found is brought to what the holders need:
 * so a step that was done twice, or half, or by a process that died, is finished by the next one.
 *
 * No cloud of ours uses this yet: each makes an object of its own for each request.
 */

/** What can be assigned only once. */
export interface LeaseKey {
  readonly provider: string;
  readonly scope: string;
  readonly role: string;
  readonly principal: string;
}

/** One grant that needs it, until its planned end. */
export interface LeaseHolder {
  readonly grantId: string;
  readonly plannedEnd: Date;
}

/** Who needs what can be assigned only once. */
export interface Lease {
  readonly key: LeaseKey;
  readonly holders: readonly LeaseHolder[];
}

/**
 * What stands in the cloud under a lease's key: nothing, what a plan of ours assigned and until when, or what the person
 * holds by other means, which is not ours to touch (C6).
 */
export type Assigned =
  | { readonly by: 'nobody' }
  | { readonly by: 'us'; readonly until: Date }
  | { readonly by: 'others' };

/** What to do in the cloud. `leave` is what the person holds by other means, and what is not there. */
export type Deed =
  | { readonly do: 'assign'; readonly until: Date }
  | { readonly do: 'move_end'; readonly until: Date }
  | { readonly do: 'keep'; readonly until: Date }
  | { readonly do: 'remove' }
  | { readonly do: 'leave' };

/** The lease as it is from now on, and what to do in the cloud for that. */
export interface Leased {
  readonly lease: Lease;
  readonly deed: Deed;
}

/** Names the lease in a row and in a lock. */
export const leaseId = ({ provider, scope, role, principal }: LeaseKey): string =>
  digestOf({ provider, scope, role, principal });

/** One more grant needs it. A grant that holds it already keeps the end that it has. */
export function acquire(lease: Lease, holder: LeaseHolder, found: Assigned, now: Date): Leased {
  const held = lease.holders.some(({ grantId }) => grantId === holder.grantId);
  return settled(held ? lease : { ...lease, holders: [...lease.holders, holder] }, found, now);
}

/** A grant needs it for longer. One that does not hold it any more gets nothing, and no end moves to an earlier one. */
export function prolong(lease: Lease, { grantId, plannedEnd }: LeaseHolder, found: Assigned, now: Date): Leased {
  const holders = lease.holders.map((one) =>
    one.grantId === grantId ? { grantId, plannedEnd: later(one.plannedEnd, plannedEnd) } : one,
  );
  return settled({ ...lease, holders }, found, now);
}

/** A grant ended. The assignment goes with the last one, and is shortened to what the others need until then. */
export const release = (lease: Lease, grantId: string, found: Assigned, now: Date): Leased =>
  settled({ ...lease, holders: lease.holders.filter((one) => one.grantId !== grantId) }, found, now);

/** The lease with what brings the cloud in line with it. */
const settled = (lease: Lease, found: Assigned, now: Date): Leased => ({ lease, deed: deedFor(lease, found, now) });

/** What must be done for this lease, whatever was or was not done before. Holders past their end need nothing. */
export function deedFor({ holders }: Lease, found: Assigned, now: Date): Deed {
  if (found.by === 'others') return { do: 'leave' };
  const ends = holders.map(({ plannedEnd }) => plannedEnd).filter((end) => end > now);
  const [first, ...rest] = ends;
  if (first === undefined) return { do: found.by === 'us' ? 'remove' : 'leave' };
  const until = rest.reduce(later, first);
  if (found.by === 'nobody') return { do: 'assign', until };
  return { do: found.until.getTime() === until.getTime() ? 'keep' : 'move_end', until };
}
