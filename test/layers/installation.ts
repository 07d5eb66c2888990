import { requestStream } from '../../src/core/events.ts';
import type { AccessRequest } from '../../src/core/request/request.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { SigningKeys } from '../../src/demo/aws/sigv4.ts';
import { assumeGrant, awaitCard, fillForm, use, userOf } from '../../src/demo/driver.ts';
import { openStage, type Stage } from '../../src/demo/stage.ts';
import type { MainOptions } from '../../src/main.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { withClient } from '../support/database.ts';
import { policyInSeconds, SECONDS_FLOORS } from '../support/seconds.ts';
import type { Servers } from '../support/servers.ts';
import { until } from '../support/until.ts';

const CHANNEL = 'C0INC2041';
const ACCOUNT = '111122223333';
const WINDOW_SECONDS = 6;
const TIMINGS = { openingAllowanceSeconds: 8, propagationSeconds: 1 };
const SERVICE = `arn:aws:ecs:eu-central-1:${ACCOUNT}:service/inference/chat`;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Closed = Extract<AccessRequest, { state: 'closed' }>;

/** Access that is open and used. */
export interface Open {
  readonly requestId: string;
  readonly roleArn: string;
  readonly keys: SigningKeys;
  readonly plannedEnd: Date;
}

/** One installation on one queue backend: database, workspace, cloud, and the product in a process that can be killed. */
export class TestInstallation {
  readonly stage: Stage;
  readonly #servers: Servers;
  readonly #database: string;
  readonly #onRedis: boolean;
  #bot: BotProcess | undefined;
  #asked = 0;

  constructor(parts: { stage: Stage; servers: Servers; database: string; onRedis: boolean }) {
    this.stage = parts.stage;
    this.#servers = parts.servers;
    this.#database = parts.database;
    this.#onRedis = parts.onRedis;
  }

  /** Starts the product in one process, `web` and `worker` alike; the one before is killed. */
  async start(lowered: Partial<NonNullable<MainOptions['lowered']>>): Promise<BotProcess> {
    await this.kill();
    const { redis } = this.#servers;
    const bot = await startBot({
      env: {
        ...this.stage.env,
        ...(this.#onRedis && redis ? { REDIS_URL: redis.url } : {}),
        DATABASE_URL: this.#servers.urls(this.#database).appUrl,
        PORT: '0',
        LOG_LEVEL: 'info',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
      role: 'all',
      file: 'layers-test.yaml',
      lowered: { floors: SECONDS_FLOORS, policyText: this.stage.policyText, rehearse: false, ...lowered },
    });
    this.#bot = bot;
    this.stage.slack.connectApp(`${bot.url}/slack/events`);
    return bot;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#bot?.kill();
    this.#bot = undefined;
  }

  /** Mira asks, Sasha approves, Mira takes the role on and uses it. Resolves once she did. */
  async open(): Promise<Open> {
    this.#asked += 1;
    const purpose = `Layer ${this.#asked}.`;
    const { stage } = this;
    await fillForm(stage, 'mira', CHANNEL, {
      incident: 'INC-2041',
      role: 'model-serving-restart',
      minutes: WINDOW_SECONDS / 60,
      reason: 'service_restoration',
      purpose,
      commander: 'kenji',
    });
    const answer = await stage.slack.as(userOf(stage, 'mira')).submit();
    if (!answer.ok) throw new Error(`the form was not taken: ${JSON.stringify(answer)}`);
    const card = await awaitCard(stage, CHANNEL, purpose);
    await stage.slack.as(userOf(stage, 'sasha')).click(card, 'bg_approve');
    const isActive = async () => (await this.#newest()).state === 'active';
    await until(isActive, 'the access to be open', 30_000);
    const request = await this.#newest();
    const plan = request.state === 'active' ? request.grants[0]?.plan : undefined;
    if (plan === undefined) throw new Error('the access ended before it was used');
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/breakglass/${plan.name}`;
    const keys = await assumeGrant(stage, 'mira', roleArn);
    return { requestId: request.details.id, roleArn, keys, plannedEnd: plan.plannedEnd };
  }

  /** Does the session still do what the role is for? */
  async works({ keys }: Open): Promise<boolean> {
    return (await use(this.stage, keys, 'ecs:UpdateService', SERVICE)).allowed;
  }

  /** Can the role be taken on anew? */
  mayAssume({ roleArn }: Open): Promise<boolean> {
    return assumeGrant(this.stage, 'mira', roleArn).then(
      () => true,
      () => false,
    );
  }

  /** The same, asked while the cloud's clock stands past the planned end. */
  async worksPastEnd(open: Open): Promise<{ readonly works: boolean; readonly mayAssume: boolean }> {
    const { dials, now } = this.stage.aws;
    dials.setClockOffset(Math.max(0, open.plannedEnd.getTime() - now().getTime()) + 1_000);
    try {
      return { works: await this.works(open), mayAssume: await this.mayAssume(open) };
    } finally {
      dials.setClockOffset(0);
    }
  }

  /** The row once it is closed. */
  async closed({ requestId }: Open, withinMs = 40_000): Promise<Closed> {
    return this.#withStore(async (store) => {
      const find = async () => (await store.find(requestId))?.request;
      await until(async () => (await find())?.state === 'closed', 'the request to be closed', withinMs);
      const request = await find();
      if (request?.state !== 'closed') throw new Error('a closed request moved on');
      return request;
    });
  }

  /** How the end of sessions was proven, by the log. */
  async provenBy({ requestId }: Open): Promise<unknown> {
    return this.#withStore(async (store) => {
      const events = await store.events(requestStream(requestId));
      return events.find(({ type }) => type === 'sessions_ended')?.data.by;
    });
  }

  /** Loses everything that is queued. */
  async wipeQueue(): Promise<void> {
    if (this.#onRedis) await this.#servers.redis?.flush();
    else await this.#asOwner(TRUNCATE_QUEUE);
  }

  /** Takes the queue away altogether. */
  async removeQueue(): Promise<void> {
    if (this.#onRedis) await this.#servers.redis?.kill();
    else await this.#asOwner('DROP SCHEMA bullmq CASCADE');
  }

  async close(): Promise<void> {
    await this.kill();
    await this.stage.close();
  }

  async #newest(): Promise<AccessRequest> {
    const [row] = await this.#withStore((store) => store.list({ limit: 1 }));
    if (row === undefined) throw new Error('nothing was asked');
    return row.request;
  }

  async #withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = openStore({
      definitions: DEFINITIONS,
      url: this.#servers.urls(this.#database).appUrl,
      logger: quiet,
    });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  async #asOwner(sql: string): Promise<void> {
    await withClient(this.#servers.urls(this.#database).ownerUrl, async (owner) => {
      await owner.query(sql);
    });
  }
}

/** Every table of the queue but its own ledger. */
const TRUNCATE_QUEUE = `DO $$ DECLARE names text; BEGIN
  SELECT string_agg(format('bullmq.%I', tablename), ', ') INTO names FROM pg_tables
    WHERE schemaname = 'bullmq' AND tablename NOT IN ('meta', 'migration');
  EXECUTE 'TRUNCATE ' || names;
END $$`;

/** One installation on each backend that can be had, with the name of the backend. */
export async function openInstallations(servers: Servers): Promise<ReadonlyMap<string, TestInstallation>> {
  if (servers.redis === undefined) console.warn('No redis-server found: layers are tested on PostgreSQL only.');
  const policyText = await policyInSeconds([WINDOW_SECONDS], TIMINGS);
  const kinds = [...(servers.redis ? [['Redis', true] as const] : []), ['PostgreSQL', false] as const];
  const installations = await Promise.all(
    kinds.map(async ([name, onRedis]) => {
      const database = `layers_${name.toLowerCase()}`;
      await servers.migrated(database);
      const stage = await openStage({ policyText, floors: SECONDS_FLOORS });
      return [name, new TestInstallation({ stage, servers, database, onRedis })] as const;
    }),
  );
  return new Map(installations);
}
