import type { Clouds } from '../policy/cloud.ts';
import { type Account, type Floors, type Policy, propagationFloor } from '../policy/policy.ts';
import { type Finding, wrong } from './lint-finding.ts';

/** Each account as its cloud judges it by itself. */
export const lintAccounts = (accounts: readonly Account[], clouds: Clouds): readonly Finding[] =>
  accounts.flatMap((account, index) =>
    (clouds[account.provider]?.lintAccount(account) ?? []).map(({ path, message }) =>
      wrong(['accounts', index, ...path], message),
    ),
  );

/** What each cloud finds between its accounts, and between them and people. */
export const lintClouds = (policy: Pick<Policy, 'accounts' | 'people'>, clouds: Clouds): readonly Finding[] =>
  Object.values(clouds).flatMap((cloud) =>
    (cloud.lintPolicy?.(policy) ?? []).map(({ path, message, beside }) => ({
      ...wrong(path, message),
      ...(beside && { beside }),
    })),
  );

/** One waiting time holds for all clouds, so it is that of the slowest one in which this policy has an account. */
export function lintPropagation({ accounts, timings }: Policy, clouds: Clouds, floors: Floors): readonly Finding[] {
  const path = ['timings', 'propagationSeconds'];
  return Object.values(clouds).flatMap((cloud) => {
    const index = accounts.findIndex(({ provider }) => provider === cloud.name);
    const floor = propagationFloor(floors, cloud);
    if (index < 0 || timings.propagationSeconds >= floor) return [];
    const message = `timings.propagationSeconds must be at least ${floor} seconds, since there are accounts of ${cloud.words.name}`;
    return [{ ...wrong(path, message), beside: ['accounts', index] }];
  });
}
