import { readFile } from 'node:fs/promises';
import { broker as makeBroker } from './broker/broker.ts';
import type { BrokerDeps } from './broker/deps.ts';
import { view } from './broker/view.ts';
import { slackAnnounce } from './chat/slack/announce.ts';
import { slackWorkspace } from './chat/slack/workspace.ts';
import { lintAwsRole } from './clouds/aws/lint.ts';
import { awsProvider } from './clouds/aws/provider.ts';
import { cloudEndpoints, loadConfig, slackSettings } from './config.ts';
import { type Floors, PRODUCTION_FLOORS } from './core/policy.ts';
import { directorySource } from './directory/source.ts';
import { incidentSource } from './incidents/source.ts';
import { makeLogger } from './logger.ts';
import { settlePolicy } from './policy-in-force.ts';
import { openQueue } from './queue/open-queue.ts';
import { startSweep } from './queue/sweep.ts';
import { startWorker } from './queue/worker.ts';
import { assertLoopback } from './store/embedded/loopback.ts';
import { openStore } from './store/open-store.ts';
import { startWeb } from './web/server.ts';

/** A chat that is away at start must not keep endings from running: it is asked again after this long. */
const CHAT_RETRY_MS = 5_000;

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
    readonly sweepMs?: number;
    readonly policyText?: string;
  };
}

export interface Running {
  readonly url: string | undefined;
  stop(): Promise<void>;
}

/** Wires the product by hand, once. If a part is not named here, it is not running. */
export async function main({ env, role, file, lowered }: MainOptions): Promise<Running> {
  const config = loadConfig(env);
  const logger = makeLogger(config.LOG_LEVEL);
  if (lowered !== undefined) {
    const chat = config.SLACK_API_URL ?? 'https://slack.com/api/';
    const clouds = cloudEndpoints(env);
    await assertLoopback([config.DATABASE_URL, ...(config.REDIS_URL ? [config.REDIS_URL] : []), chat, ...clouds]);
    if (clouds.length === 0) throw new Error('Lowered floors are for local clouds only: set AWS_ENDPOINT_URL.');
  }

  const store = openStore({
    url: config.DATABASE_URL,
    logger,
    ...(lowered?.clockOffsetMs ? { offsetMs: () => lowered.clockOffsetMs ?? 0 } : {}),
  });
  const floors = lowered?.floors ?? PRODUCTION_FLOORS;
  const text = lowered?.policyText ?? (await readFile(file, 'utf8').catch(() => undefined));
  const settled = await settlePolicy({ store, text, file, floors, logger, lintRole: lintAwsRole });

  const monotonic = () => performance.now();
  const { mark } = await store.installation();
  const queue = await openQueue({
    logger,
    redisUrl: config.REDIS_URL,
    postgresUrl: config.DATABASE_URL,
    prefix: `bg-${mark}`,
  });
  const providers = { aws: awsProvider({ clock: store.clock, logger }) };
  const workspace = slackWorkspace(slackSettings(config), logger);
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
    schedule: queue,
    announce,
    logger,
    openingOff: () => settled.openingOff,
  };
  const broker = makeBroker(deps);
  if (settled.changed)
    await announce
      .alarm(settled.changed)
      .catch((error) => logger.warn({ why: String(error) }, 'the security channel was not told'));

  const works = role !== 'web';
  const worker = works ? await startWorker({ queue, perform: broker.perform, clock: store.clock, logger }) : undefined;
  const sweep =
    worker &&
    startSweep({
      store,
      broker,
      schedule: queue,
      logger,
      worker,
      ...(lowered?.sweepMs ? { intervalMs: lowered.sweepMs } : {}),
    });

  const doors = role === 'worker' ? undefined : await openDoors();
  logger.info({ role, url: doors?.url, openingOff: settled.openingOff }, 'ready');

  async function openDoors() {
    // Bolt is loaded only where somebody answers the chat.
    const { slackApp, SLACK_PATH } = await import('./chat/slack/app.ts');
    const app = slackApp({
      workspace,
      announce,
      broker,
      store,
      directory: deps.directory,
      capabilities: (terms) => providers[terms.role.provider].capabilities(terms),
      logger,
    });
    const { requestListener } = app;
    const routes = requestListener ? { [SLACK_PATH]: requestListener } : {};
    const web = await startWeb({ host: config.HOST, port: config.PORT, routes, ready: () => store.ping(), logger });
    const greeting = keepTrying(
      () => app.start(),
      CHAT_RETRY_MS,
      (error) => logger.error({ why: String(error) }, 'Slack does not answer; endings go on, and it is asked again'),
    );
    await greeting.first;
    const close = async (): Promise<void> => {
      greeting.stop();
      await Promise.all([web.close(), app.stop()]);
    };
    return { url: web.url, close };
  }

  // Shut the doors, let the hands finish (a finishing job may still enqueue the next), then let go of storage.
  const stop = async (): Promise<void> => {
    await doors?.close();
    await sweep?.stop();
    await worker?.stop();
    await queue.close();
    providers.aws.release();
    await store.close();
  };
  return { url: doors?.url, stop };
}

/** Calls until it succeeds once. `first` resolves after the first try, whatever came of it. */
function keepTrying(call: () => Promise<void>, everyMs: number, onError: (error: unknown) => void) {
  let timer: NodeJS.Timeout | undefined;
  const attempt = (): Promise<void> =>
    call().catch((error: unknown) => {
      onError(error);
      timer = setTimeout(() => void attempt(), everyMs);
    });
  return { first: attempt(), stop: () => clearTimeout(timer) };
}
