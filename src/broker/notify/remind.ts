import { partyOf } from '../../core/request/decision.ts';
import { peopleToRemind, stepDue } from '../../core/request/escalation.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { WORKER } from '../grant/open.ts';
import { view } from '../view.ts';

/**
 * One step of escalation (B6). The event comes first and the chat tells it, so that nobody is reminded twice of one
 * step. A directory that does not answer leaves those who could approve when it was asked.
 */
export async function remind(deps: BrokerDeps, requestId: string): Promise<void> {
  const row = await deps.store.find(requestId);
  if (row?.request.state !== 'pending') return;
  const step = stepDue(row.request, await deps.store.clock.now());
  if (step === undefined) return;
  const { open } = await view(deps, row);
  const able = open?.flatMap(({ clause, people, onCall }) =>
    people.map((person) => ({
      ...partyOf(person),
      first: clause.who === 'requester' || onCall.some(({ id }) => id === person.id),
    })),
  );
  const people = peopleToRemind(row.request, step.tier, able);
  await apply(deps, requestId, { type: 'remind', step: step.number, people }, WORKER);
}
