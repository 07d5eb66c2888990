import type { Command } from './command.ts';
import { accept, type Decision, refuse } from './decision.ts';
import { union } from './directory.ts';
import { nextStep } from './escalation.ts';
import type { AccessRequest } from './request.ts';
import { PAGE_AFTER } from './work.ts';

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
  const known = [...request.ask.invite, ...(request.escalatedTo ?? [])];
  const fresh = people.filter((id) => !known.includes(id));
  return accept(
    { ...request, reminded: step + 1, escalatedTo: union(request.escalatedTo ?? [], fresh) },
    {
      type: 'approvers_reminded',
      data: { step, tier: next.tier, people, decideBy: request.ask.decideBy.toISOString() },
    },
  );
}

/** On-call was paged about an ending that keeps failing (D6). */
export function decidePaged(
  request: AccessRequest,
  { reached, missed }: Extract<Command, { type: 'paged' }>,
  now: Date,
): Decision {
  if (request.state !== 'revoking' || request.failures < PAGE_AFTER) return wrongState(request);
  const count = (request.pages?.count ?? 0) + 1;
  const data = { count, reached, missed, failures: request.failures };
  return accept({ ...request, pages: { count, at: now } }, { type: 'oncall_paged', data });
}

/** Those who were paged know that it is over. */
export function decideStoodDown(request: AccessRequest, now: Date): Decision {
  const { pages } = request;
  if (request.state !== 'closed' || pages === undefined || pages.stoodDownAt !== undefined) return wrongState(request);
  const data = { pages: pages.count };
  return accept({ ...request, pages: { ...pages, stoodDownAt: now } }, { type: 'page_resolved', data });
}
