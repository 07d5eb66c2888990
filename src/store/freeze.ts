import { SYSTEM_STREAM } from '../core/events.ts';
import type { FreezeDecision } from '../core/request/decide-freeze.ts';
import type { Freeze } from '../core/request/freeze.ts';
import type { DecideFreeze } from '../ports/store.ts';
import { insertEvents, lockStream, type Shift, sealed } from './append.ts';
import type { Database } from './database.ts';
import { toJsonText } from './row-codec.ts';

interface Stored extends Omit<Freeze, 'at' | 'again' | 'lifts'> {
  readonly at: string;
  readonly again?: Omit<NonNullable<Freeze['again']>, 'at'> & { readonly at: string };
  readonly lifts: readonly (Omit<Freeze['lifts'][number], 'at'> & { readonly at: string })[];
}

/** The freeze that a document holds; undefined where there is none. It was written by `changeFreeze` alone. */
export function freezeOf(document: unknown): Freeze | undefined {
  if (document === null || document === undefined) return undefined;
  const { at, again, lifts, ...rest } = document as Stored;
  return {
    ...rest,
    at: new Date(at),
    ...(again && { again: { ...again, at: new Date(again.at) } }),
    lifts: lifts.map((lift) => ({ ...lift, at: new Date(lift.at) })),
  };
}

export const readFreeze = (database: Database): Promise<Freeze | undefined> =>
  database.raw.read('read the freeze', async (client) => {
    // With a parameter, so that a connection prepares it: it stands between every /breakglass and its form.
    const [found] = await client.$queryRaw<{ readonly document: unknown }[]>`
      SELECT "document" FROM "freeze" LIMIT ${1}`;
    return freezeOf(found?.document);
  });

/** One transaction: the system stream's lock, the clock, the freeze as it is, the decision, the row and its events. */
export function changeFreeze(
  database: Database,
  shift: Shift,
  actor: string,
  decide: DecideFreeze,
): Promise<FreezeDecision> {
  return database.transaction('change the freeze', async (tx) => {
    const { now, head } = await lockStream(tx, shift, SYSTEM_STREAM);
    const [found] = await tx.$queryRaw<{ readonly document: unknown }[]>`SELECT "freeze_now"() AS "document"`;
    const current = freezeOf(found?.document);
    const decision = decide(current, now);
    if (!decision.ok) return decision;
    if (decision.next === undefined) await tx.$executeRaw`DELETE FROM "freeze"`;
    else {
      await tx.$executeRaw`
        INSERT INTO "freeze" ("document") VALUES (${toJsonText(decision.next)}::jsonb)
        ON CONFLICT ("one") DO UPDATE SET "document" = EXCLUDED."document"`;
    }
    await insertEvents(tx, sealed(SYSTEM_STREAM, head, decision.events, now, actor));
    return decision;
  });
}
