import type { Actor } from '../../core/request/command.ts';
import type { Changed } from '../../ports/store.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { gather } from '../gather.ts';

const LOOKUP_MS = 10_000;

/** The requester asks for so many minutes more on access that is open, under the terms that the form showed (B8). */
export async function extend(
  deps: BrokerDeps,
  requestId: string,
  actor: Extract<Actor, { type: 'person' }>,
  { minutes, digest }: { readonly minutes: number; readonly digest: string },
): Promise<Changed> {
  const row = await deps.store.find(requestId);
  if (row === undefined) return { ok: false, refusal: { code: 'unknown_request' }, row };
  const facts = await gather(deps, {
    key: actor.key,
    incident: row.request.details.incident.id,
    signal: AbortSignal.timeout(LOOKUP_MS),
  });
  return apply(deps, requestId, { type: 'extend', minutes, digest }, actor, facts);
}
