import { Failure } from '../../core/failure.ts';
import type { Cloud } from '../../core/policy/directory.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import type { Provider } from '../../ports/provider.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';

/**
 * What a person can run to end what this request opened: one text for each plan. A plan that this version cannot read
 * gives none.
 */
export function manualCommands(deps: Pick<BrokerDeps, 'providers'>, request: AccessRequest): readonly string[] {
  if (request.state === 'pending') return [];
  return request.grants.flatMap(({ plan }) =>
    plan === undefined ? [] : commandsOf(deps, plan.provider, (provider) => provider.manualCommands(plan)),
  );
}

/** One text of a cloud, or none where it gives none or this process does not have it: the others are shown all the same. */
export function commandsOf(
  deps: Pick<BrokerDeps, 'providers'>,
  cloud: Cloud,
  textOf: (provider: Provider) => string,
): readonly string[] {
  try {
    return [textOf(providerOf(deps, cloud))];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
