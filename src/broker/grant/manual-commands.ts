import { Failure } from '../../core/failure.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';

/**
 * What a person can run to end what this request opened: one text for each plan. A plan that this version cannot read
 * gives none.
 */
export function manualCommands(deps: Pick<BrokerDeps, 'providers'>, request: AccessRequest): readonly string[] {
  if (request.state === 'pending') return [];
  return request.grants.flatMap(({ plan }) => {
    if (plan === undefined) return [];
    try {
      return [providerOf(deps, plan.provider).manualCommands(plan)];
    } catch (error) {
      if (error instanceof Failure) return [];
      throw error;
    }
  });
}
