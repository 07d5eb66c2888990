import { personOf, teamsOf } from '../../core/policy/directory.ts';
import type { Actor } from '../../core/request/command.ts';
import { askedNow } from '../../core/request/extension.ts';
import type { Facts } from '../../core/request/facts.ts';
import type { Row } from '../../core/request/work.ts';
import type { Changed } from '../../ports/store.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { gather } from '../gather.ts';

const LOOKUP_MS = 10_000;

/**
 * One person's yes, for the terms that the card showed them. `read` is the row where the caller has just read it: by it is
 * known what to look up, and nothing is decided by it, since the transaction reads it again.
 */
export async function approve(
  deps: BrokerDeps,
  requestId: string,
  actor: Extract<Actor, { type: 'person' }>,
  digest: string,
  read?: Row,
): Promise<Changed> {
  const row = read ?? (await deps.store.find(requestId));
  if (row === undefined) return { ok: false, refusal: { code: 'unknown_request' }, row };
  const facts = await gather(deps, {
    key: actor.key,
    incident: row.request.details.incident.id,
    approvers: askedNow(row.request)?.given.map(({ key }) => key) ?? [],
    signal: AbortSignal.timeout(LOOKUP_MS),
  });
  const changed = await apply(deps, requestId, { type: 'approve', digest }, actor, facts);
  if (!changed.ok && changed.refusal.code === 'same_team') await rememberTeams(deps, requestId, actor, facts);
  return changed;
}

/** A team mate who moves to another team after being turned away stays a team mate for this request (B1). */
async function rememberTeams(
  deps: BrokerDeps,
  requestId: string,
  { key }: Extract<Actor, { type: 'person' }>,
  facts: Facts,
): Promise<void> {
  if (!facts.directory.ok) return;
  const person = personOf(facts.directory.value, key);
  if (typeof person === 'string') return;
  const teams = teamsOf(facts.directory.value, person);
  await apply(deps, requestId, { type: 'turned_away', person: person.id, teams }, { type: 'system', name: 'broker' });
}
