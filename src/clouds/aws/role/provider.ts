import { Failure } from '../../../core/failure.ts';
import type { Account } from '../../../core/policy/policy.ts';
import type { Plan } from '../../../core/request/request.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { OpenProvider } from '../../../ports/provider.ts';
import { AccountClient } from '../client/account-client.ts';
import { DEFAULT_PACE, Limiter, type Pace } from '../client/limiter.ts';
import { type ClientSettings, type Door, Sessions } from '../client/session.ts';
import { commandsOf } from '../policy/manual-commands.ts';
import { partitionOf } from '../policy/names.ts';
import { planOf } from '../policy/plan.ts';
import { detailOf, pinnedOf } from '../policy/plan-detail.ts';
import { awsAccountOf, awsRoleOf, CLOUD } from '../policy/schema.ts';
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

/**
 * One role per grant, `/breakglass/bg-<grant>`, in as many accounts as the catalog names, through the broker's role in
 * each. The AWS SDK is loaded with the first call. Endings use the plan alone. `identity` asks STS in every partition
 * that its accounts are of. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function awsProvider(options: AwsOptions): OpenProvider {
  const { clock, logger, pace = DEFAULT_PACE, random = Math.random, ...settings } = options;
  const sessions = new Sessions(settings, random);
  const reach = { sessions, limiter: new Limiter(pace), clock, logger, random };
  const at = (door: Door, account: string, signal: AbortSignal, urgent = false) =>
    new AccountClient(reach, { brokerRole: door.brokerRole, externalId: door.externalId, account, signal, urgent });
  const listed = (account: Account, signal: AbortSignal) => at(awsAccountOf(account), account.id, signal);
  const planned = (plan: Plan, signal: AbortSignal, urgent = false) => {
    const detail = detailOf(plan);
    return { detail, account: at(detail, detail.account, signal, urgent) };
  };
  return {
    cloud: CLOUD,
    read: async (target, terms, signal) => {
      if (target.account !== terms.account.id) {
        throw new Failure('PROVIDER_REFUSED', `the grant is for account ${target.account}, its terms for another`);
      }
      const [account, role] = [awsAccountOf(terms.account), awsRoleOf(terms.role)];
      return await readTarget(at(account, target.account, signal), role, account.boundaries[role.zone]);
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
      return await closeRole(account, detail, { logger, removed });
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
      if ((await clock.now()) < plan.cleanUpAt) {
        throw new Failure('PROVIDER_REFUSED', `${plan.name} must stand until ${plan.cleanUpAt.toISOString()}`);
      }
      await deleteTombstone(account, detail, logger);
    },
    usage: (plan) => usageOf(detailOf(plan)),
    manualCommands: (plan) => commandsOf(detailOf(plan)),
    list: async (account, cursor, signal) => await listOurPath(listed(account, signal), cursor),
    inspect: async (account, name, signal) => await inspectRole(listed(account, signal), name),
    closeOrphan: async (account, orphan, signal) => await closeOrphanRole(listed(account, signal), orphan),
    orphanCommands: orphanCommandsOf,
    identity: async (accounts, signal) => {
      const own = accounts.filter(({ provider }) => provider === CLOUD).map(awsAccountOf);
      const partitions = [...new Set(own.map(({ brokerRole }) => partitionOf(brokerRole)))];
      await Promise.all(partitions.map((partition) => sessions.identity(partition, signal)));
      return partitions.length > 0;
    },
    release: () => sessions.release(),
  };
}
