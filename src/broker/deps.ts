import type { Announce } from '../ports/announce.ts';
import type { DirectorySource } from '../ports/directory.ts';
import type { IncidentSource } from '../ports/incidents.ts';
import type { Logger } from '../ports/logger.ts';
import type { Pager } from '../ports/pager.ts';
import type { Provider } from '../ports/provider.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';

/** Everything the broker needs of the outside. */
export interface BrokerDeps {
  readonly store: Store;
  readonly directory: DirectorySource;
  readonly incidents: IncidentSource;
  readonly providers: { readonly aws: Provider };
  readonly schedule: Schedule;
  readonly announce: Announce;
  /** Besides the chat; none is needed. */
  readonly pagers: readonly Pager[];
  readonly logger: Logger;
  /** Why this process must open nothing (its own file is bad, its role with excess privileges), or undefined. */
  readonly openingOff: () => string | undefined;
}
