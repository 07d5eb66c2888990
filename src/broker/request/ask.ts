import { cut } from '../../core/cut.ts';
import type { Actor, RequestInput } from '../../core/request/command.ts';
import { actorName } from '../../core/request/decision.ts';
import type { Facts } from '../../core/request/facts.ts';
import type { RequestDetails } from '../../core/request/request.ts';
import type { Changed } from '../../ports/store.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { gather } from '../gather.ts';

export interface NewRequest {
  /** The id the request will get. It comes from the form, so that one form makes at most one request. */
  readonly requestId: string;
  readonly actor: Extract<Actor, { type: 'person' }>;
  readonly input: RequestInput;
}

const LOOKUP_MS = 10_000;

/** Asks for access. A refusal is recorded in the system stream (A11) and leaves the form usable. */
export async function request(deps: BrokerDeps, { requestId, actor, input }: NewRequest): Promise<Changed> {
  const facts = await gather(deps, {
    key: actor.key,
    incident: input.incident.trim(),
    signal: AbortSignal.timeout(LOOKUP_MS),
  });
  const channels = channelsFor(facts);
  const changed = await apply(deps, requestId, { type: 'request', id: requestId, channels, input }, actor, facts);
  if (changed.ok) return changed;
  // The same form sent twice: the first one made the request, and the answer is that request.
  const mine = changed.row?.request.details.requester.keys.includes(actor.key);
  if (mine && changed.row) return { ok: true, row: changed.row, events: [] };
  await deps.store.record(actorName(actor), [
    {
      type: 'request_refused',
      data: {
        code: changed.refusal.code,
        requester: actor.key,
        role: cut(input.role, 80),
        incident: cut(input.incident, 80),
        minutes: input.minutes,
      },
    },
  ]);
  return changed;
}

/**
 * Where it is shown, in each chat that the policy names: in the incident's channel, else in the default one. Never where
 * it was typed: whoever asks in a channel of their own would be the only one to see it.
 */
function channelsFor({ policy, incident }: Facts): RequestDetails['channels'] {
  const own = incident.ok && typeof incident.value === 'object' ? incident.value.channels : undefined;
  const named = policy.ok ? Object.entries(policy.value.channels) : [];
  return Object.fromEntries(named.map(([chat, channels]) => [chat, own?.[chat] ?? channels.default]));
}
