import type { Policy } from '../core/policy/policy.ts';
import type { PolicyInForce } from '../ports/store.ts';
import type { BrokerDeps } from './deps.ts';

/** The row in force, and what stands against it; rejects when there is none. */
export async function policyInForce(deps: Pick<BrokerDeps, 'store'>): Promise<PolicyInForce> {
  const inForce = await deps.store.policyInForce();
  if (inForce === undefined) throw new Error('no policy is in force');
  return inForce;
}

/** The policy that endings and messages go by; rejects when there is none. It alone never opens anything. */
export const policyOf = async (deps: Pick<BrokerDeps, 'store'>): Promise<Policy> => (await policyInForce(deps)).policy;
