import { Failure } from '../core/failure.ts';
import type { Clouds } from '../core/policy/cloud.ts';
import type { Cloud } from '../core/policy/directory.ts';
import type { Announce } from '../ports/announce.ts';
import type { DirectorySource } from '../ports/directory.ts';
import type { IncidentSource } from '../ports/incidents.ts';
import type { Logger } from '../ports/logger.ts';
import type { Pager } from '../ports/pager.ts';
import type { Provider } from '../ports/provider.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';
import type { Words } from '../ports/words.ts';

/** Everything the broker needs of the outside. */
export interface BrokerDeps {
  readonly store: Store;
  readonly directory: DirectorySource;
  readonly incidents: IncidentSource;
  /** What each cloud says of itself. Nothing opens in one that is not here. */
  readonly clouds: Clouds;
  readonly providers: Readonly<Record<Cloud, Provider>>;
  readonly schedule: Schedule;
  readonly announce: Announce;
  /** What is said to people. */
  readonly words: Words;
  /** Besides the chat; none is needed. */
  readonly pagers: readonly Pager[];
  readonly logger: Logger;
  /** Why this process must open nothing (its own file is bad, its role with excess privileges), or undefined. */
  readonly openingOff: () => string | undefined;
}

/**
 * The provider of a cloud. Throws `PROVIDER_UNAVAILABLE` where this process has none: what another version opened is
 * shouted about and tried again, and never passed over.
 */
export function providerOf({ providers }: Pick<BrokerDeps, 'providers'>, cloud: Cloud): Provider {
  const provider = Object.hasOwn(providers, cloud) ? providers[cloud] : undefined;
  if (provider === undefined) throw new Failure('PROVIDER_UNAVAILABLE', `this process has no cloud "${cloud}"`);
  return provider;
}
