import type { Actor } from '../../core/request/command.ts';
import type { Changed } from '../../ports/store.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { gather } from '../gather.ts';

const LOOKUP_MS = 10_000;

/**
 * A security person's word that an access ended which nothing could prove (E5). Asks everything of that person, and of
 * the account that said so before whether it is still there.
 */
export async function attest(
  deps: BrokerDeps,
  requestId: string,
  actor: Extract<Actor, { type: 'person' }>,
  statement: string,
): Promise<Changed> {
  const request = (await deps.store.find(requestId))?.request;
  const before = (request?.state === 'revoking' && request.attestations) || [];
  const facts = await gather(deps, {
    key: actor.key,
    approvers: before.map(({ key }) => key),
    signal: AbortSignal.timeout(LOOKUP_MS),
  });
  return apply(deps, requestId, { type: 'attest', statement }, actor, facts);
}
