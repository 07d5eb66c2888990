import type { NewEvent } from '../events.ts';
import { share } from '../policy/directory.ts';
import { actingPerson } from './acting.ts';
import { withoutEnding } from './decide-ending.ts';
import { accept, type Decision, partyOf, refuse } from './decision.ts';
import { attestationData } from './event-parts.ts';
import { approversOf } from './extension.ts';
import type { Facts } from './facts.ts';
import { isSecurity } from './freeze.ts';
import type { Attestation } from './request.ts';
import type { CommandOf, RequestFor, SenderOf } from './transitions.ts';
import { droppedFrom, hasSaid, stillSecurity } from './two-people.ts';

/** Security people whose word closes what no read-back could prove. */
export const ATTESTATIONS = 2;
export const STATEMENT_MAX = 1000;

/**
 * The only other way out of `revoking`: after the planned end, by two security people who neither asked nor approved.
 * The request closes as `ended_unproven`, which is not compliant (E5). The first one's word counts only while they could
 * say it now: whoever is not of the group any more is dropped, and named in the event. Nothing is opened by it, so a freeze or a process
 * that must open nothing does not stand in its way.
 */
export function decideAttest(
  request: RequestFor<'attest'>,
  command: CommandOf<'attest'>,
  actor: SenderOf<'attest'>,
  facts: Facts,
  now: Date,
): Decision {
  const acting = actingPerson(actor, { ...facts, frozen: undefined, openingOff: undefined }, now, 'approve');
  if (!acting.ok) return acting;
  const { person, directory, key, policy } = acting;
  if (!isSecurity(policy, directory, person)) return refuse('not_security');
  const { details } = request;
  const involved = [details.requester.id, details.subject.person, ...approversOf(request).map(({ by }) => by.id)];
  const keys = [...details.requester.keys, ...approversOf(request).flatMap(({ by }) => by.keys)];
  if (involved.includes(person.id) || share(keys, [key])) return refuse('was_involved');
  const plannedEnd = new Date(Math.max(...request.grants.map(({ plan }) => plan.plannedEnd.getTime())));
  if (now < plannedEnd) {
    const nativeEnd = request.grants.every(({ plan }) => plan.nativeEnd === 'exact') ? 'exact' : 'scheduled';
    return refuse('not_due', { detail: { at: plannedEnd.toISOString(), nativeEnd } });
  }
  const statement = command.statement.trim();
  if (statement.length < 3 || statement.length > STATEMENT_MAX) return refuse('bad_statement');
  const before = request.attestations ?? [];
  if (hasSaid(before, person, key)) return refuse('already_said');
  const still = stillSecurity(before, facts, now);
  if (!still.ok) return still;

  const attestation: Attestation = { by: partyOf(person), key, at: now, statement };
  const attestations = [...still.kept, attestation];
  const missing = ATTESTATIONS - attestations.length;
  const dropped = droppedFrom(before, still.kept);
  const attested: NewEvent = {
    type: 'ending_attested',
    data: { ...attestationData(attestation), missing, ...(dropped.length > 0 && { dropped }) },
  };
  if (missing > 0) return accept({ ...request, attestations }, attested);
  return accept(
    { ...withoutEnding(request), state: 'closed', outcome: 'ended_unproven', closedAt: now, attestations },
    attested,
    {
      type: 'request_closed',
      data: { outcome: 'ended_unproven', compliant: false },
    },
  );
}
