import type { Actor } from '../../core/request/command.ts';
import { decideFreeze, type FreezeCommand, type FreezeDecision } from '../../core/request/decide-freeze.ts';
import { actorName } from '../../core/request/decision.ts';
import { NO_FACTS } from '../../core/request/facts.ts';
import type { BrokerDeps } from '../deps.ts';
import { gather, gatherPeople } from '../gather.ts';
import { type Followed, followFreeze } from './follow-freeze.ts';
import { notifyFreeze } from './freeze-news.ts';

/** What came of it: the decision, and what became of the requests that it concerns; undefined if that broke. */
export type Frozen =
  | (Extract<FreezeDecision, { ok: true }> & { readonly followed: Promise<Followed | undefined> })
  | Extract<FreezeDecision, { ok: false }>;

const LOOKUP_MS = 10_000;

/**
 * Stops every opening (B11). A person must be of the security group; the chat's own look-ups are not asked, so that
 * trouble there keeps nothing open. What follows from it (endings, cards) goes on after the answer: `followed`.
 */
export async function freeze(
  deps: BrokerDeps,
  actor: Actor,
  { all, reason, of }: Omit<Extract<FreezeCommand, { type: 'freeze' }>, 'type'>,
): Promise<Frozen> {
  const facts = actor.type === 'person' ? await gatherPeople(deps) : NO_FACTS;
  const command = { type: 'freeze', all, reason, of } as const;
  return settled(
    deps,
    await deps.store.changeFreeze(actorName(actor), (current, now) =>
      decideFreeze(current, command, actor, facts, now),
    ),
  );
}

/** One security person's word that openings may go on; the second one's lifts the freeze. Asks what an opening asks. */
export async function thaw(deps: BrokerDeps, actor: Extract<Actor, { type: 'person' }>): Promise<Frozen> {
  const seen = await deps.store.freeze();
  const facts = await gather(deps, {
    key: actor.key,
    approvers: seen?.lifts.map(({ key }) => key) ?? [],
    signal: AbortSignal.timeout(LOOKUP_MS),
  });
  return settled(
    deps,
    await deps.store.changeFreeze(actorName(actor), (current, now) =>
      decideFreeze(current, { type: 'thaw', seen }, actor, facts, now),
    ),
  );
}

/** Tells who must know and lets the requests follow. The row stands whatever becomes of this: the sweep does it again. */
function settled(deps: BrokerDeps, decision: FreezeDecision): Frozen {
  if (!decision.ok) return decision;
  const followed = followFreeze(deps).catch((error: unknown) => {
    deps.logger.error({ why: String(error) }, 'the requests could not follow the freeze; the sweep does it again');
    return undefined;
  });
  notifyFreeze(deps).catch((error: unknown) => {
    deps.logger.warn({ why: String(error) }, 'the channels could not be told of the freeze; the sweep does it again');
  });
  return { ...decision, followed };
}
