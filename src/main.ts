import { readFile } from 'node:fs/promises';
import { ADAPTERS, type Adapters, definitionsOf } from './adapters.ts';
import { broker as makeBroker } from './broker/broker.ts';
import { type BrokerDeps, providerOf } from './broker/deps.ts';
import { chatAccounts } from './chat/deliver/accounts.ts';
import { delivery } from './chat/deliver/delivery.ts';
import { brokerWords } from './chat/words/broker-words.ts';
import { type Config, loadConfig, pagerSettings, queuePrefix, SettingsProblem } from './config.ts';
import { GAP_MS } from './core/audit/checkpoint.ts';
import { cloudWordsOf } from './core/policy/cloud.ts';
import type { Cloud } from './core/policy/directory.ts';
import { type Floors, PRODUCTION_FLOORS } from './core/policy/policy.ts';
import { directorySource } from './directory/source.ts';
import { egressOf } from './egress.ts';
import { type MonitorOptions, openMonitor } from './health/monitor.ts';
import * as parts from './health/parts.ts';
import { incidentSource } from './incidents/source.ts';
import { makeLogger } from './logger.ts';
import { namedChats, type OpenChat } from './open-chats.ts';
import { isKnown, localClouds, openClouds, releaseAll, rewired } from './open-clouds.ts';
import { openDoors, startHealth } from './open-doors.ts';
import { pagersOf } from './paging/pagers.ts';
import { settlePolicy } from './policy-in-force.ts';
import type { Provider } from './ports/provider.ts';
import type { Schedule } from './ports/schedule.ts';
import { addingAgain } from './queue/add-again.ts';
import { startCloudSweep } from './queue/cloud-sweep.ts';
import { openQueue, type WorkQueue } from './queue/open-queue.ts';
import { reconnectingQueue, reconnectingWorker } from './queue/reconnecting-queue.ts';
import { startSweep } from './queue/sweep.ts';
import { startWorker } from './queue/worker.ts';
import { assertLoopback } from './store/embedded/loopback.ts';
import type { LockTimes } from './store/lock.ts';
import { openStore } from './store/open-store.ts';
import { problemsAtStart, watchSessions } from './watch-sessions.ts';

/** How long a worker asks the cloud who it is. */
const IDENTITY_MS = 10_000;

export const ROLES = ['web', 'worker', 'all'] as const;

export interface MainOptions {
  readonly env: NodeJS.ProcessEnv;
  /** `web` answers the chat, `worker` does the work and sweeps, `all` is both. */
  readonly role: (typeof ROLES)[number];
  /** The policy file of this process. */
  readonly file: string;
  /** What this process can speak to; all that there is unless told. A test hands in more. */
  readonly adapters?: Adapters;
  /**
   * For the demo and the tests only: shorter floors, other intervals. Refused unless database, queue, chat and every
   * cloud endpoint resolve to loopback. No configuration can choose it.
   */
  readonly lowered?: {
    readonly floors?: Floors;
    readonly clockOffsetMs?: number;
    /** How long a stopped process keeps its locks. */
    readonly lockTimes?: Partial<LockTimes>;
    readonly sweepMs?: number;
    /** `false`: the clouds are not compared with the rows, where a local one is too simple to be listed. */
    readonly cloudSweepMs?: number | false;
    /** `false`: no sweep at all, so that a test can see what ends access without it. */
    readonly sweep?: boolean;
    readonly policyText?: string;
    /** `false`: its first answers are not rehearsed, where it is started more often than anybody asks it. */
    readonly rehearse?: boolean;
    /** How often it is looked at whether all is well, and said that it is not. */
    readonly monitor?: Pick<MonitorOptions, 'everyMs' | 'sayEveryMs'>;
    /** Puts something around a part, or in its place: to count what goes through it, or for a cloud that answers at once. */
    readonly rewire?: {
      readonly clouds?: Readonly<Record<Cloud, (own: Provider) => Provider>>;
      readonly schedule?: (own: Schedule) => Schedule;
    };
  };
}

export interface Running {
  readonly url: string | undefined;
  stop(): Promise<void>;
}

/**
 * Wires the product by hand, once. If a part is not named here, it is not running. What was started before a failure is
 * stopped again, so that a process that could not start also ends.
 */
export async function main(options: MainOptions): Promise<Running> {
  const opened: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return { url: await start(options, opened), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts every part, in order; each pushes how it is closed, so that doors shut first and storage is let go of last. */
async function start(
  { env, role, file, adapters = ADAPTERS, lowered }: MainOptions,
  opened: (() => Promise<unknown>)[],
) {
  const named = namedChats(adapters.chats, env);
  const config = loadConfig(env, { chatElsewhere: named.length > 0 });
  const logger = makeLogger(config.LOG_LEVEL);
  // What runs on this machine alone is never sent elsewhere.
  const egress = lowered === undefined ? await egressOf(env) : undefined;
  opened.push(async () => egress?.close());
  const chats = named.map((chat) => chat.open({ config, egress, logger }));
  if (lowered !== undefined) await assertLowered(env, config, adapters, chats);

  const { clockOffsetMs, lockTimes } = lowered ?? {};
  const lower = {
    ...(clockOffsetMs !== undefined && { offsetMs: () => clockOffsetMs }),
    ...(lockTimes !== undefined && { lockTimes }),
  };
  const onDoubt = (doubts: readonly string[]) => watch.doubt(doubts);
  const definitions = definitionsOf(adapters);
  const store = openStore({ url: config.DATABASE_URL, logger, definitions, onDoubt, ...lower });
  opened.push(() => store.close());
  const watch = watchSessions({ readBack: store.readBack, logger });
  opened.push(async () => watch.stop());
  const problems = await problemsAtStart(watch, store.unended);
  if (problems.length > 0) throw new SettingsProblem(problems);
  const floors = lowered?.floors ?? PRODUCTION_FLOORS;
  const text = lowered?.policyText ?? (await readFile(file).catch(() => undefined));
  const settled = await settlePolicy({ store, text, file, floors, logger, definitions });

  const clouds = openClouds(adapters, { clock: store.clock, logger, egress });
  opened.push(async () => releaseAll(clouds));
  const { installationId } = await store.installation();
  const backend = { redisUrl: config.REDIS_URL, postgresUrl: config.DATABASE_URL, prefix: queuePrefix(installationId) };
  const queue = reconnectingQueue(() => openQueue({ logger, ...backend }), logger);
  opened.push(() => queue.close());

  const monotonic = () => performance.now();
  const providers = rewired(clouds, lowered?.rewire?.clouds);
  const once = lowered?.rewire?.schedule?.(queue) ?? queue;
  const schedule = addingAgain({ store, schedule: once, logger });
  opened.push(() => schedule.stop());
  const announce = delivery({
    chats: chats.map(({ chat }) => chat),
    account: chatAccounts(Object.fromEntries(chats.map(({ chat, accounts }) => [chat.name, accounts]))).account,
    store,
    logger,
    usage: (plan) => providerOf({ providers }, plan.provider).usage(plan),
    words: (cloud) => cloudWordsOf(definitions.clouds, cloud),
  });
  const deps: BrokerDeps = {
    store,
    clouds: definitions.clouds,
    directory: directorySource({ now: monotonic, token: config.DIRECTORY_TOKEN }, definitions),
    incidents: incidentSource({ now: monotonic, token: config.INCIDENTS_TOKEN }, definitions),
    providers,
    schedule,
    announce,
    words: brokerWords(definitions.clouds),
    pagers: pagersOf(pagerSettings(config), store.clock),
    logger,
    openingOff: () => settled.openingOff ?? watch.off(),
  };
  const broker = makeBroker(deps);

  if (role !== 'web') {
    const sweeping = lowered?.sweep ?? true;
    // Paused until the sweep has seen that this database is no copy. The sweep itself needs neither queue nor chat.
    const start = (open: WorkQueue) =>
      startWorker({ queue: open, perform: broker.perform, clock: store.clock, logger, paused: sweeping });
    const worker = reconnectingWorker(queue.opened, start, logger);
    opened.push(() => worker.stop());
    const interval = lowered?.sweepMs === undefined ? {} : { intervalMs: lowered.sweepMs };
    if (sweeping) {
      const sweep = startSweep({ store, broker, schedule: once, logger, worker, ...interval });
      opened.push(() => sweep.stop());
    }
    const cloudSweepMs = lowered?.cloudSweepMs;
    if (sweeping && cloudSweepMs !== false) {
      const every = cloudSweepMs === undefined ? {} : { everyMs: cloudSweepMs };
      const cloudSweep = startCloudSweep({ store, broker, logger, ...every });
      opened.push(() => cloudSweep.stop());
    }
  }
  // Only now: it takes every connection of the pool, and where the server has few left, nothing above may go without.
  // Whoever is asked whether this process is ready waits for it, and says what came of it.
  const rehearses = lowered?.rehearse ?? !(role === 'worker' && config.HEALTH_PORT === undefined);
  const prepared = rehearses ? store.warm() : Promise.resolve();
  prepared.catch(() => undefined);
  const monitor = openMonitor({ logger, ...lowered?.monitor });
  opened.push(async () => monitor.stop());
  const identity = async (): Promise<boolean> =>
    isKnown(clouds, (await store.policyInForce())?.policy.accounts ?? [], AbortSignal.timeout(IDENTITY_MS));
  const waitedMs = async (): Promise<number> => queue.longestWaitMs(await store.clock.now());
  monitor.add(parts.databasePart(store));
  monitor.add(parts.clockPart(store));
  monitor.add(parts.sessionsPart(watch.off));
  monitor.add(parts.sweepPart(store));
  monitor.add(parts.queuePart(waitedMs));
  for (const { chat, trouble } of chats) monitor.add(parts.chatPart(chat.name, trouble));
  monitor.add(parts.policyPart(store.policyInForce, () => settled.openingOff));
  monitor.add(parts.cloudPart(role === 'web' ? undefined : identity));
  monitor.add(parts.installationPart(store));
  monitor.add(parts.sealerPart(store, GAP_MS));
  await queue.first;
  const doors = { config, store, prepared, rehearses, monitor, logger };
  const { url, isReady } =
    role === 'worker'
      ? await startHealth(doors, opened)
      : await openDoors({ ...doors, chats, announce, broker, deps }, opened);
  monitor.watch();
  const said = { role, url, openingOff: deps.openingOff() };
  if (isReady) logger.info(said, 'ready');
  else logger.warn(said, 'started, and not ready: nobody is heard yet; it is tried again');
  return url;
}

/** Lowered floors are for this machine alone. */
async function assertLowered(
  env: NodeJS.ProcessEnv,
  config: Config,
  adapters: Adapters,
  chats: readonly OpenChat[],
): Promise<void> {
  const { addresses, missing } = localClouds(env, definitionsOf(adapters));
  if (missing !== undefined) throw new Error(`Lowered floors are for local clouds only: set ${missing}.`);
  const { pagerDuty, webhook } = pagerSettings(config);
  const paged = [pagerDuty, webhook].flatMap((pager) => (pager ? [pager.url] : []));
  await assertLoopback([
    config.DATABASE_URL,
    ...(config.REDIS_URL ? [config.REDIS_URL] : []),
    ...chats.flatMap(({ endpoints }) => endpoints),
    ...paged,
    ...addresses,
  ]);
}
