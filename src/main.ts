import { readFile } from 'node:fs/promises';
import { type Broker, broker as makeBroker } from './broker/broker.ts';
import type { BrokerDeps } from './broker/deps.ts';
import { view } from './broker/view.ts';
import { type SlackAnnounce, slackAnnounce } from './chat/slack/announce.ts';
import { type SlackWorkspace, slackWorkspace } from './chat/slack/workspace.ts';
import { lintAwsRole } from './clouds/aws/lint.ts';
import { awsProvider } from './clouds/aws/provider.ts';
import { type Config, cloudEndpoints, loadConfig, pagerSettings, queuePrefix, slackSettings } from './config.ts';
import { type Floors, PRODUCTION_FLOORS } from './core/policy.ts';
import type { Terms } from './core/terms.ts';
import { directorySource } from './directory/source.ts';
import { incidentSource } from './incidents/source.ts';
import { keepTrying } from './keep-trying.ts';
import { makeLogger } from './logger.ts';
import { pagersOf } from './paging/pagers.ts';
import { settlePolicy } from './policy-in-force.ts';
import type { Provider } from './ports/provider.ts';
import type { Schedule } from './ports/schedule.ts';
import { startCloudSweep } from './queue/cloud-sweep.ts';
import { openQueue, type WorkQueue } from './queue/open-queue.ts';
import { startSweep } from './queue/sweep.ts';
import { queueWhenThere, workerWhenThere } from './queue/when-there.ts';
import { startWorker } from './queue/worker.ts';
import { assertLoopback } from './store/embedded/loopback.ts';
import type { LockTimes } from './store/lock.ts';
import { openStore } from './store/open-store.ts';
import { startWeb, type Web } from './web/server.ts';

/** A chat that is away at start, or a port that is taken, must not keep endings from running: tried again after this long. */
const DOOR_RETRY_MS = 5_000;

export const ROLES = ['web', 'worker', 'all'] as const;

export interface MainOptions {
  readonly env: NodeJS.ProcessEnv;
  /** `web` answers the chat, `worker` does the work and sweeps, `all` is both. */
  readonly role: (typeof ROLES)[number];
  /** The policy file of this process. */
  readonly file: string;
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
    /** Puts something around a part, or in its place: to count what goes through it, or for a cloud that answers at once. */
    readonly rewire?: {
      readonly aws?: (own: Provider) => Provider;
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
async function start({ env, role, file, lowered }: MainOptions, opened: (() => Promise<unknown>)[]) {
  const config = loadConfig(env);
  const logger = makeLogger(config.LOG_LEVEL);
  if (lowered !== undefined) await assertLowered(env, config);

  const { clockOffsetMs, lockTimes } = lowered ?? {};
  const lower = {
    ...(clockOffsetMs !== undefined && { offsetMs: () => clockOffsetMs }),
    ...(lockTimes !== undefined && { lockTimes }),
  };
  const store = openStore({ url: config.DATABASE_URL, logger, ...lower });
  opened.push(() => store.close());
  const floors = lowered?.floors ?? PRODUCTION_FLOORS;
  const text = lowered?.policyText ?? (await readFile(file).catch(() => undefined));
  const settled = await settlePolicy({ store, text, file, floors, logger, lintRole: lintAwsRole });

  const aws = awsProvider({ clock: store.clock, logger });
  opened.push(async () => aws.release());
  const { mark } = await store.installation();
  const backend = { redisUrl: config.REDIS_URL, postgresUrl: config.DATABASE_URL, prefix: queuePrefix(mark) };
  const queue = queueWhenThere(() => openQueue({ logger, ...backend }), logger);
  opened.push(() => queue.close());

  const monotonic = () => performance.now();
  const workspace = slackWorkspace(slackSettings(config), logger);
  const providers = { aws: lowered?.rewire?.aws?.(aws) ?? aws };
  const schedule = lowered?.rewire?.schedule?.(queue) ?? queue;
  const announce = slackAnnounce({
    workspace,
    store,
    logger,
    view: (row) => view(deps, row),
    usage: (plan) => providers[plan.provider].usage(plan),
  });
  const deps: BrokerDeps = {
    store,
    directory: directorySource({ now: monotonic, token: config.DIRECTORY_TOKEN }),
    incidents: incidentSource({ now: monotonic, token: config.INCIDENTS_TOKEN }),
    providers,
    schedule,
    announce,
    pagers: pagersOf(pagerSettings(config), store.clock),
    logger,
    openingOff: () => settled.openingOff,
  };
  const broker = makeBroker(deps);

  if (role !== 'web') {
    const sweeping = lowered?.sweep ?? true;
    // Paused until the sweep has seen that this database is no copy. The sweep itself needs neither queue nor chat.
    const start = (open: WorkQueue) =>
      startWorker({ queue: open, perform: broker.perform, clock: store.clock, logger, paused: sweeping });
    const worker = workerWhenThere(queue.opened, start, logger);
    opened.push(() => worker.stop());
    const interval = lowered?.sweepMs === undefined ? {} : { intervalMs: lowered.sweepMs };
    if (sweeping) {
      const sweep = startSweep({ store, broker, schedule, logger, worker, ...interval });
      opened.push(() => sweep.stop());
    }
    const cloudSweepMs = lowered?.cloudSweepMs;
    if (sweeping && cloudSweepMs !== false) {
      const every = cloudSweepMs === undefined ? {} : { everyMs: cloudSweepMs };
      const cloudSweep = startCloudSweep({ store, broker, logger, ...every });
      opened.push(() => cloudSweep.stop());
    }
  }
  await queue.first;
  const url = role === 'worker' ? undefined : await openDoors(config, { workspace, announce, broker, deps }, opened);
  logger.info({ role, url, openingOff: settled.openingOff }, 'ready');
  return url;
}

/** Lowered floors are for this machine alone. */
async function assertLowered(env: NodeJS.ProcessEnv, config: Config): Promise<void> {
  const clouds = cloudEndpoints(env);
  if (clouds.length === 0) throw new Error('Lowered floors are for local clouds only: set AWS_ENDPOINT_URL.');
  const chat = config.SLACK_API_URL ?? 'https://slack.com/api/';
  const { pagerDuty, webhook } = pagerSettings(config);
  const paged = [pagerDuty, webhook].flatMap((pager) => (pager ? [pager.url] : []));
  await assertLoopback([
    config.DATABASE_URL,
    ...(config.REDIS_URL ? [config.REDIS_URL] : []),
    chat,
    ...paged,
    ...clouds,
  ]);
}

interface Parts {
  readonly workspace: SlackWorkspace;
  readonly announce: SlackAnnounce;
  readonly broker: Broker;
  readonly deps: BrokerDeps;
}

/** The HTTP server and the chat's receiver. Bolt is loaded only where somebody answers the chat. */
async function openDoors(
  config: Config,
  { workspace, announce, broker, deps }: Parts,
  opened: (() => Promise<unknown>)[],
) {
  const { slackApp, SLACK_PATH } = await import('./chat/slack/app.ts');
  const { store, directory, providers, logger } = deps;
  const capabilities = (terms: Terms) => providers[terms.role.provider].capabilities(terms);
  const app = slackApp({ workspace, announce, broker, store, directory, capabilities, logger });
  const { requestListener } = app;
  // A copy of another installation hears nobody: what it recorded would count nowhere.
  const { copy } = await store.installation();
  if (copy !== undefined) logger.error({ copy }, 'this database is a copy; Slack is not answered until it is adopted');
  const routes = requestListener && copy === undefined ? { [SLACK_PATH]: requestListener } : {};
  // Before anything is listened to; should it fail, starting the app does it again.
  await app.recall().catch((error: unknown) => logger.warn({ why: String(error) }, 'the last start was not recalled'));
  const ready = async (): Promise<void> => {
    await store.ping();
    if (copy === undefined) await app.ready();
  };
  let web: Web | undefined;
  const listen = async (): Promise<void> => {
    web = await startWeb({ host: config.HOST, port: config.PORT, routes, ready, logger });
  };
  const listening = keepTrying(listen, DOOR_RETRY_MS, (error) =>
    logger.error({ why: String(error) }, 'HOST and PORT cannot be listened on; endings go on, and it is tried again'),
  );
  const greeting = keepTrying(
    async () => {
      if (copy === undefined) await app.start();
    },
    DOOR_RETRY_MS,
    (error) => logger.error({ why: String(error) }, 'Slack does not answer; endings go on, and it is asked again'),
  );
  opened.push(async () => {
    listening.stop();
    greeting.stop();
    await Promise.all([web?.close(), app.stop()]);
  });
  await Promise.all([listening.first, greeting.first]);
  return web?.url;
}
