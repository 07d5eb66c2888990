import { type ChatKey, type Directory, type Person, share, teamsOf } from '../policy/directory.ts';
import type { Policy } from '../policy/policy.ts';
import type { Hold, Party } from './request.ts';

/** Every opening is stopped, for all, until two security people lift it (B11). One row; its absence means: not frozen. */
export interface Freeze {
  readonly at: Date;
  readonly by: { readonly id: string; readonly name: string };
  /** Of everybody who froze since openings were last free, in the order they said it. */
  readonly reason: string;
  /** Every access that is open, or is being opened, is ended too. */
  readonly all: boolean;
  /** Who froze once more: widened it to everything that is open, or took back what was said for lifting it. */
  readonly again?: { readonly at: Date; readonly by: Freeze['by']; readonly widened: boolean } | undefined;
  /** Who wants it lifted so far. */
  readonly lifts: readonly Lift[];
}

/** One security person's word that openings may go on. */
export interface Lift {
  readonly by: Party;
  readonly key: ChatKey;
  readonly at: Date;
}

/** What a freeze says of itself in a refusal and on a form. */
export const freezeDetail = ({ by, reason, at, all, again }: Freeze): Readonly<Record<string, string>> => ({
  by: by.name,
  reason,
  at: at.toISOString(),
  ...(all ? { all: 'yes' } : {}),
  ...(again && { again: again.by.name, againAt: again.at.toISOString(), ...(again.widened && { widened: 'yes' }) }),
});

/** Is it the freeze that was seen before, with nothing said of it since? Both as the store gives them. */
export const isUnchanged = (current: Freeze, seen: Freeze | undefined): boolean =>
  JSON.stringify(current) === JSON.stringify(seen);

/** What a request keeps of the freeze that holds it. */
export const holdOf = ({ at, by, reason }: Freeze): Hold => ({ at, by: by.name, reason });

/** Does the request say so already, with every reason that was given? */
export const isHeldBy = (held: Hold | undefined, frozen: Freeze): boolean =>
  held?.at.getTime() === frozen.at.getTime() && held.reason === frozen.reason;

/** Is this person in the security group of the policy? */
export const isSecurity = (policy: Policy, directory: Directory, person: Person): boolean =>
  !person.suspended && share(teamsOf(directory, person), policy.security.teams);
