import { digestOf } from '../core/canonical.ts';
import { type NewEvent, SYSTEM_STREAM } from '../core/events.ts';
import { completePolicy, type OlderPolicy } from '../core/older-version.ts';
import { type Floors, type Policy, policySchema } from '../core/policy.ts';
import type { PolicyInForce } from '../ports/store.ts';
import { insertEvents, lockStream, type Shift, sealed } from './append.ts';
import type { Database } from './database.ts';

/** The policy in force: the row with the highest number. A row never changes, so its number is all that is asked each time. */
export function policyReader(database: Database): () => Promise<PolicyInForce | undefined> {
  let known: PolicyInForce | undefined;
  return () =>
    database.read('read the policy in force', async (prisma) => {
      // In SQL: this is asked by every click and every job.
      const [newest] = await prisma.$queryRaw<{ readonly number: number }[]>`
        SELECT "number" FROM "policies" ORDER BY "number" DESC LIMIT 1`;
      if (newest === undefined) return undefined;
      if (known?.number === newest.number) return known;
      const row = await prisma.policyVersion.findUniqueOrThrow({ where: { number: newest.number } });
      const { number, digest, appliedAt, appliedBy } = row;
      known = { number, digest, policy: asNow(row.policy), appliedAt, appliedBy };
      return known;
    });
}

const NO_FLOORS: Floors = { propagation: 0, openingAllowance: 0, decision: 0, extendUntil: 0, window: 1, lost: 0 };

/**
 * Written by `applyPolicy` alone, from a policy that had been parsed, maybe by an older version: settings that came later
 * have their defaults. What does not fit any more is left as it is but for those, so that endings go on by it.
 */
function asNow(stored: unknown): Policy {
  const read = policySchema(NO_FLOORS).safeParse(stored);
  return read.success ? read.data : completePolicy(stored as OlderPolicy);
}

export interface Application {
  readonly policy: Policy;
  /** The file as it was written, comments included. */
  readonly document: string;
  readonly actor: string;
  /** Number of the policy that this one replaces; 0 for the first. */
  readonly previous: number;
  readonly event: NewEvent;
}

/** Puts a policy in force with its event. Undefined if another one was put in force since `previous`. */
export function applyPolicy(database: Database, shift: Shift, application: Application) {
  const { policy, document, actor, previous, event } = application;
  return database.transaction('apply a policy', async (tx): Promise<PolicyInForce | undefined> => {
    const { now, head } = await lockStream(tx, shift, SYSTEM_STREAM);
    const newest = await tx.policyVersion.findFirst({ orderBy: { number: 'desc' }, select: { number: true } });
    if ((newest?.number ?? 0) !== previous) return undefined;
    const applied = { number: previous + 1, digest: digestOf(policy), appliedAt: now, appliedBy: actor };
    await tx.policyVersion.create({ data: { ...applied, policy, document } });
    await insertEvents(tx, sealed(SYSTEM_STREAM, head, [event], now, actor));
    return { ...applied, policy };
  });
}
