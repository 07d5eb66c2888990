import type { Actor } from '../../core/request/command.ts';
import type { Changed } from '../../ports/store.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';

/*
 * Taking away asks nobody anything: the verified payload and the row are enough, so these work with the directory,
 * the incident source, the chat's user look-up and the policy all down.
 */

/** A no. `digest` is what its form showed, where there was one. */
export const deny = (
  deps: BrokerDeps,
  requestId: string,
  actor: Actor,
  reason: string,
  digest?: string,
): Promise<Changed> => apply(deps, requestId, { type: 'deny', reason, digest }, actor);

export const withdraw = (deps: BrokerDeps, requestId: string, actor: Actor): Promise<Changed> =>
  apply(deps, requestId, { type: 'withdraw' }, actor);

export const end = (deps: BrokerDeps, requestId: string, actor: Actor): Promise<Changed> =>
  apply(deps, requestId, { type: 'end' }, actor);
