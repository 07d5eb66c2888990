import type { Command } from './command.ts';
import { accept, type Decision, refuse } from './decision.ts';
import { nextStep, stepInTime } from './escalation.ts';
import type { AccessRequest } from './request.ts';

const wrongState = (request: AccessRequest) => refuse('not_in_this_state', { detail: { state: request.state } });

/** A step of escalation is made once, in order, and not before it is due. The event is what the chat tells (B6). */
export function decideRemind(
  request: AccessRequest,
  { step, people }: Extract<Command, { type: 'remind' }>,
  now: Date,
): Decision {
  if (request.state !== 'pending' || now >= request.ask.decideBy) return wrongState(request);
  const next = nextStep(request);
  if (next?.number !== step) return wrongState(request);
  if (now < next.dueAt) return refuse('not_due');
  const { ask, escalatedTo = [] } = request;
  const known = [...ask.invite, ...escalatedTo.map(({ id }) => id)];
  const reminded: AccessRequest = {
    ...request,
    reminded: step + 1,
    escalatedTo: [...escalatedTo, ...people.filter(({ id }) => !known.includes(id))],
  };
  const following = stepInTime(reminded);
  return accept(reminded, {
    type: 'approvers_reminded',
    data: {
      step,
      tier: next.tier,
      people: people.map(({ id }) => id),
      decideBy: ask.decideBy.toISOString(),
      next: following && { tier: following.tier, at: following.dueAt.toISOString() },
    },
  });
}
