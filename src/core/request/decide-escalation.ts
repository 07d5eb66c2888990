import { accept, type Decision, refuse, wrongState } from './decision.ts';
import { nextStep, STEPS, stepDue, stepInTime } from './escalation.ts';
import type { Facts } from './facts.ts';
import { freezeDetail } from './freeze.ts';
import type { CommandOf, RequestFor } from './transitions.ts';

/**
 * A step of escalation is made once, in order, and not before it is due; late ones may be passed over. The event is what
 * the chat tells (B6): it names no time that is past, and whoever froze openings, since no approval counts then.
 */
export function decideRemind(
  request: RequestFor<'remind'>,
  { step, people }: CommandOf<'remind'>,
  { frozen }: Facts,
  now: Date,
): Decision {
  if (now >= request.details.decideBy) return wrongState(request);
  const next = nextStep(request);
  if (next === undefined || step < next.number) return wrongState(request);
  const due = stepDue(request, now);
  if (due === undefined) return refuse('not_due');
  const made = STEPS[step];
  // Between looking who is asked and now a further one may have come due: this one is made, and that one after it.
  if (made === undefined || step > due.number) return wrongState(request);
  const { details, escalatedTo = [] } = request;
  const known = [...details.invite, ...escalatedTo.map(({ id }) => id)];
  const joined = people.filter(({ id }) => !known.includes(id));
  const reminded: RequestFor<'remind'> = { ...request, reminded: step + 1, escalatedTo: [...escalatedTo, ...joined] };
  const following = stepInTime(reminded);
  return accept(reminded, {
    type: 'approvers_reminded',
    data: {
      step,
      tier: made.tier,
      people: people.map(({ id }) => id),
      ...(joined.length > 0 && { parties: joined.map((one) => ({ ...one })) }),
      decideBy: details.decideBy.toISOString(),
      next:
        following !== undefined && following.dueAt > now
          ? { tier: following.tier, at: following.dueAt.toISOString() }
          : undefined,
      frozen: frozen && freezeDetail(frozen),
    },
  });
}
