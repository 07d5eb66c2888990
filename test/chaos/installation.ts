import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStage, type Stage } from '../../src/demo/stage.ts';
import type { MainOptions } from '../../src/main.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { withClient } from '../support/database.ts';
import { SECONDS_FLOORS } from '../support/seconds.ts';
import { openServers, type Servers } from '../support/servers.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { policies } from './catalog.ts';
import type { Deliveries } from './deliveries.ts';
import type { House } from './house.ts';
import type { People } from './people.ts';

export type Backend = 'redis' | 'postgres';

const DATABASE = 'chaos';
/** Time between two sweeps of these workers, in milliseconds. */
const SWEEP_MS = 2_000;
const START_TRIES = 10;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export type Place = 'web' | 'first worker' | 'second worker';
export const PLACES: readonly Place[] = ['web', 'first worker', 'second worker'];

/** One installation: a web process and two workers of the built product, and everything that they talk to. */
export class Installation {
  readonly stage: Stage;
  readonly servers: Servers;
  readonly backend: Backend;
  /** What ended processes wrote, and those that run. */
  readonly #logs: (() => string)[] = [];
  readonly #deliveries: Deliveries;
  readonly house: House;
  readonly #proxy: TcpProxy;
  readonly #policyText: string;
  readonly #bots = new Map<Place, BotProcess>();
  /** Processes that ended though nobody ended them, with the last that they wrote. */
  readonly deaths: string[] = [];

  constructor(parts: {
    stage: Stage;
    servers: Servers;
    backend: Backend;
    deliveries: Deliveries;
    house: House;
    proxy: TcpProxy;
    policyText: string;
  }) {
    this.stage = parts.stage;
    this.servers = parts.servers;
    this.backend = parts.backend;
    this.#deliveries = parts.deliveries;
    this.house = parts.house;
    this.#proxy = parts.proxy;
    this.#policyText = parts.policyText;
  }

  /** Starts a process in this place, again and again while its database is away. */
  async start(place: Place): Promise<BotProcess> {
    for (let tries = 1; ; tries += 1) {
      try {
        const bot = await startBot(this.#options(place), 'movable');
        this.#bots.set(place, bot);
        this.#logs.push(bot.log);
        if (place === 'web') {
          this.#deliveries.aim(bot.url);
          this.house.aim(bot.url);
        }
        return bot;
      } catch (error) {
        if (tries === START_TRIES) throw error;
      }
    }
  }

  at(place: Place): BotProcess {
    const bot = this.#bots.get(place);
    if (bot === undefined) throw new Error(`nothing runs as ${place}`);
    return bot;
  }

  /** SIGKILL, and a new one in its place. */
  async replace(place: Place): Promise<void> {
    if (place === 'web') {
      this.#deliveries.aim(undefined);
      this.house.aim(undefined);
    }
    await this.at(place).kill();
    await this.start(place);
  }

  /** Notes every process that ended though nobody ended it, and starts another in its place, as a supervisor would. */
  async lookForDeaths(): Promise<void> {
    for (const [place, bot] of this.#bots) {
      const last = bot.endedByItself();
      if (last === undefined) continue;
      this.deaths.push(`the ${place} ended by itself: ${last}`);
      await this.start(place);
    }
  }

  async restartPostgres(): Promise<void> {
    await this.servers.stopPostgres();
    await this.servers.startPostgres();
  }

  /** Everything that is queued is lost, with Redis itself or without. */
  async loseQueue(how: 'restart' | 'wipe'): Promise<void> {
    const { redis } = this.servers;
    if (this.backend === 'postgres') {
      await withClient(this.servers.urls(DATABASE).ownerUrl, async (owner) => {
        await owner.query('DELETE FROM bullmq.job');
      });
    } else if (how === 'restart') {
      await redis?.kill();
      await redis?.start();
    } else {
      await redis?.flush();
    }
  }

  /** With rights over everything, past every proxy. */
  adminUrl(): string {
    return this.servers.adminUrl(DATABASE);
  }

  async withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = openStore({
      definitions: this.house.definitions,
      url: this.servers.urls(DATABASE).appUrl,
      logger: quiet,
    });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** Writes what every process said into this folder. */
  async keepLogs(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const [index, log] of this.#logs.entries()) await writeFile(join(folder, `${index}.log`), log());
  }

  /** SIGTERM to all; resolves when they have let go of everything. */
  async stop(): Promise<void> {
    await Promise.all([...this.#bots.values()].map((bot) => bot.stop()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#bots.values()].map((bot) => bot.kill()));
    await this.#proxy.close();
    await this.stage.close();
    await this.servers.close();
  }

  #options(place: Place): MainOptions {
    const { redis } = this.servers;
    return {
      env: {
        ...this.stage.env,
        ...(this.backend === 'redis' && redis ? { REDIS_URL: redis.url } : {}),
        BREAKGLASS_TEST_PLAIN: JSON.stringify(this.house.server.settings),
        DATABASE_URL: this.#proxy.through(this.servers.urls(DATABASE).appUrl),
        PORT: '0',
        LOG_LEVEL: 'info',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
      role: place === 'web' ? 'web' : 'worker',
      file: 'chaos.yaml',
      lowered: { floors: SECONDS_FLOORS, policyText: this.#policyText, sweepMs: SWEEP_MS, rehearse: false },
    };
  }
}

/** Opens everything and starts the processes. Throws where the backend cannot be had. */
export async function openInstallation(
  lanes: number,
  backend: Backend,
  { people, deliveries, house }: { readonly people: People; readonly deliveries: Deliveries; readonly house: House },
): Promise<Installation> {
  await house.server.open();
  const servers = await openServers();
  if (backend === 'redis' && servers.redis === undefined) throw new Error('no redis-server was found');
  await servers.migrated(DATABASE);
  const { stage: stageText, product } = await policies(lanes, await people.open());
  const stage = await openStage({ policyText: stageText, floors: SECONDS_FLOORS });
  stage.slack.connectApp(await deliveries.open());
  const proxy = await startTcpProxy(() => servers.urls(DATABASE).appUrl);
  const installation = new Installation({
    stage,
    servers,
    backend,
    deliveries,
    house,
    proxy,
    policyText: house.inPolicy(product),
  });
  for (const place of PLACES) await installation.start(place);
  return installation;
}
