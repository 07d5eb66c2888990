import type { Adapters, CloudContext } from './adapters.ts';
import type { Definitions } from './core/policy/definitions.ts';
import type { Cloud } from './core/policy/directory.ts';
import type { Account } from './core/policy/policy.ts';
import type { OpenProvider, Provider } from './ports/provider.ts';

/** The providers of a process, by the name of their cloud. */
export type OpenClouds = Readonly<Record<Cloud, OpenProvider>>;

/** One provider for each cloud there is: what was opened in a cloud is ended in it, whatever the policy says by now. */
export const openClouds = ({ clouds }: Adapters, context: CloudContext): OpenClouds =>
  Object.fromEntries(Object.entries(clouds).map(([name, { open }]) => [name, open(context)]));

/** Lets go of the connections of all. */
export function releaseAll(clouds: OpenClouds): void {
  for (const provider of Object.values(clouds)) provider.release();
}

/** Each of them, or what somebody puts around it or in its place. */
export const rewired = (
  clouds: OpenClouds,
  around: Readonly<Record<Cloud, (own: Provider) => Provider>> = {},
): Readonly<Record<Cloud, Provider>> =>
  Object.fromEntries(Object.entries(clouds).map(([name, own]) => [name, around[name]?.(own) ?? own]));

/** Does every cloud that these accounts are of know this process? Rejects with the first one's `Failure`. */
export async function isKnown(clouds: OpenClouds, accounts: readonly Account[], signal: AbortSignal): Promise<boolean> {
  const known = await Promise.all(Object.values(clouds).map((provider) => provider.identity(accounts, signal)));
  return known.some(Boolean);
}

/** Where the clouds of a process would be asked. */
export interface LocalClouds {
  /** Every address that the environment names; whether they are loopback the caller asks. */
  readonly addresses: readonly string[];
  /** The setting of the first cloud that would be asked at its real address. */
  readonly missing: string | undefined;
}

/**
 * Every known cloud counts, used or not: whichever policy is in force, or comes to be, may have accounts there.
 */
export function localClouds(env: NodeJS.ProcessEnv, { clouds }: Definitions): LocalClouds {
  const asked = Object.values(clouds).map(({ endpoints, localSetting }) => ({ found: endpoints(env), localSetting }));
  return {
    addresses: asked.flatMap(({ found }) => found),
    missing: asked.find(({ found }) => found.length === 0)?.localSetting,
  };
}
