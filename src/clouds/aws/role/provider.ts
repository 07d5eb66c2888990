import { Failure } from '../../../core/failure.ts';
import type { Account } from '../../../core/policy/policy.ts';
import type { Plan } from '../../../core/request/request.ts';
import { TOMBSTONE_SECONDS } from '../../../core/request/work.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Provider } from '../../../ports/provider.ts';
import { AccountClient } from '../client/account-client.ts';
import { DEFAULT_PACE, Limiter, type Pace } from '../client/limiter.ts';
import { type ClientSettings, type Door, Sessions } from '../client/session.ts';
import { capabilitiesOf } from '../policy/capabilities.ts';
import { commandsOf } from '../policy/manual-commands.ts';
import { partitionOf } from '../policy/names.ts';
import { planOf } from '../policy/plan.ts';
import { detailOf, pinnedOf } from '../policy/plan-detail.ts';
import { closeRole } from './close.ts';
import { deleteTombstone } from './delete-tombstone.ts';
import { extendRole } from './extend.ts';
import { isRoleEnded, observeRole } from './observe.ts';
import { openRole } from './open.ts';
import { closeOrphanRole, inspectRole, listOurPath, orphanCommandsOf } from './orphans.ts';
import { readTarget } from './read.ts';
import { usageOf } from './usage.ts';

export interface AwsOptions extends ClientSettings {
  /** The store's clock: offsets of accounts are measured against it. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pace?: Pace;
  /** 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
}

/** The AWS provider, and what only its process asks of it. */
export interface AwsProvider extends Provider {
  /**
   * Does STS know this process, in every partition that these accounts are of? Changes nothing and needs no right. Rejects
   * with `Failure` where it does not; false where there are no accounts. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
   */
  identity(accounts: readonly Pick<Account, 'brokerRole'>[], signal: AbortSignal): Promise<boolean>;
  /** Lets go of its connections, when the process ends. */
  release(): void;
}

/**
 * One role per grant, `/breakglass/bg-<grant>`, in as many accounts as the catalog names, through the broker's role in
 * each. The AWS SDK is loaded with the first call. Endings use the plan alone.
 */
export function awsProvider(options: AwsOptions): AwsProvider {
  const { clock, logger, pace = DEFAULT_PACE, random = Math.random, ...settings } = options;
  const sessions = new Sessions(settings, random);
  const reach = { sessions, limiter: new Limiter(pace), clock, logger, random };
  const at = (door: Door, account: string, signal: AbortSignal, urgent = false) =>
    new AccountClient(reach, { brokerRole: door.brokerRole, externalId: door.externalId, account, signal, urgent });
  const planned = (plan: Plan, signal: AbortSignal, urgent = false) => {
    const detail = detailOf(plan);
    return { detail, account: at(detail, detail.account, signal, urgent) };
  };
  return {
    cloud: 'aws',
    capabilities: capabilitiesOf,
    read: async (target, terms, signal) => {
      if (target.account !== terms.account.id) {
        throw new Failure('PROVIDER_REFUSED', `the grant is for account ${target.account}, its terms for another`);
      }
      const boundary = terms.account.boundaries[terms.role.zone];
      return await readTarget(at(terms.account, target.account, signal), terms.role, boundary);
    },
    plan: planOf,
    open: async (plan, signal, untried = false) => {
      const { account, detail } = planned(plan, signal);
      await openRole(account, detail, { pinned: pinnedOf(plan, detail), untried });
    },
    extend: async (from, to, signal) => {
      const { account, detail } = planned(to, signal);
      await extendRole(account, detailOf(from), detail, pinnedOf(to, detail));
    },
    close: async (plan, signal, removed = () => undefined) => {
      const { account, detail } = planned(plan, signal, true);
      return { hashes: await closeRole(account, detail, { logger, removed: (hashes) => removed({ hashes }) }) };
    },
    observe: async (plan, signal) => {
      const { account, detail } = planned(plan, signal);
      return await observeRole(account, detail, pinnedOf(plan, detail));
    },
    isEnded: async (plan, signal) => {
      const { account, detail } = planned(plan, signal);
      return await isRoleEnded(account, detail);
    },
    deleteTombstone: async (plan, signal) => {
      const { account, detail } = planned(plan, signal);
      const restsUntil = plan.plannedEnd.getTime() + TOMBSTONE_SECONDS * 1000;
      if ((await clock.now()).getTime() < restsUntil) {
        throw new Failure('PROVIDER_REFUSED', `${plan.name} must stand until ${new Date(restsUntil).toISOString()}`);
      }
      await deleteTombstone(account, detail, logger);
    },
    usage: (plan) => usageOf(detailOf(plan)),
    manualCommands: (plan) => commandsOf(detailOf(plan)),
    list: (account, cursor, signal) => listOurPath(at(account, account.id, signal), cursor),
    inspect: (account, name, signal) => inspectRole(at(account, account.id, signal), name),
    closeOrphan: (account, orphan, signal) => closeOrphanRole(at(account, account.id, signal), orphan),
    orphanCommands: orphanCommandsOf,
    identity: async (accounts, signal) => {
      const partitions = [...new Set(accounts.map(({ brokerRole }) => partitionOf(brokerRole)))];
      await Promise.all(partitions.map((partition) => sessions.identity(partition, signal)));
      return partitions.length > 0;
    },
    release: () => sessions.release(),
  };
}
