import { setTimeout as wait } from 'node:timers/promises';
import { type LogReport, verifyLog } from '../../src/broker/verify-log.ts';
import type { Row } from '../../src/core/request/work.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { SigningKeys } from '../../src/demo/aws/sigv4.ts';
import type { Simulated } from '../../src/demo/aws/simulate.ts';
import { assumeGrant, fillForm, use, userOf } from '../../src/demo/driver.ts';
import { DEMO_FLOORS } from '../../src/demo/overlay.ts';
import type { MessagePlace, Person } from '../../src/demo/slack/person.ts';
import { openStage, type Stage } from '../../src/demo/stage.ts';
import { type MainOptions, main } from '../../src/main.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { type CommitGate, startCommitGate } from '../support/commit-gate.ts';
import { freshDatabase } from '../support/database.ts';
import { LONG } from '../support/long.ts';
import { until } from '../support/until.ts';
import { accountOf, allowedIn, lanesPolicy, requesterOf, roleOf } from './catalog.ts';
import { AwsHolds } from './holds.ts';

export const CHANNEL = 'C0INC2041';
const USUAL = { floors: DEMO_FLOORS, rehearse: false };
/** The sweep's interval of these workers, in milliseconds. */
const SWEEP_MS = 2_000;
/** Whoever waits for the lock of a stopped worker waits a minute in production, and in the long run. */
const LOCKS = LONG ? {} : { lockTimes: { idleMs: 15_000, heartbeatMs: 4_000 } };
/** How often rows are looked at, in milliseconds, and how many of the newest: more than are alive at once. */
const LOOK_MS = 150;
const ROWS = 60;

/** One request of one lane, from its card on. */
export interface Life {
  readonly lane: number;
  readonly requestId: string;
  /** Where its card is. */
  readonly card: MessagePlace;
}

export interface WorkerChoice {
  /** Its commits go through the gate. */
  readonly gated?: boolean;
  readonly lowered?: MainOptions['lowered'];
}

/** The product in several processes, on a Slack, an AWS and a PostgreSQL of this machine. */
export class TestEnvironment {
  readonly stage: Stage;
  readonly store: Store;
  readonly gate: CommitGate;
  readonly holds: AwsHolds;
  readonly #databaseUrl: string;
  readonly #webUrl: string | undefined;
  readonly #processes: BotProcess[] = [];
  readonly #closing: (() => Promise<unknown>)[];
  #asked = 0;

  constructor(parts: {
    readonly stage: Stage;
    readonly store: Store;
    readonly gate: CommitGate;
    readonly databaseUrl: string;
    readonly webUrl: string | undefined;
    readonly closing: (() => Promise<unknown>)[];
  }) {
    this.stage = parts.stage;
    this.store = parts.store;
    this.gate = parts.gate;
    this.holds = new AwsHolds(parts.stage.aws.dials);
    this.#databaseUrl = parts.databaseUrl;
    this.#webUrl = parts.webUrl;
    this.useOwnWeb();
    this.#closing = parts.closing;
  }

  /** Starts a worker process of the built product. */
  async worker({ gated = false, lowered }: WorkerChoice = {}): Promise<BotProcess> {
    const url = gated ? this.gate.through(this.#databaseUrl) : this.#databaseUrl;
    const worker = await startBot({
      env: environment(this.stage, url),
      role: 'worker',
      file: 'crash-test.yaml',
      lowered: { ...USUAL, policyText: this.stage.policyText, sweepMs: SWEEP_MS, ...LOCKS, ...lowered },
    });
    this.#processes.push(worker);
    return worker;
  }

  /** Starts another web process, its commits through the gate, and points the workspace at it. */
  async web(): Promise<BotProcess> {
    const web = await startBot({
      env: environment(this.stage, this.gate.through(this.#databaseUrl)),
      role: 'web',
      file: 'crash-test.yaml',
      lowered: { ...USUAL, policyText: this.stage.policyText },
    });
    this.#processes.push(web);
    this.stage.slack.connectApp(`${web.url}/slack/events`);
    return web;
  }

  /** Points the workspace back at the web process that runs in this one. */
  useOwnWeb(): void {
    this.stage.slack.connectApp(`${this.#webUrl}/slack/events`);
  }

  /** The requester of each of these lanes asks for access there; resolves when every card can be seen. A worker must be running. */
  async ask(lanes: readonly number[], minutes = 15): Promise<readonly Life[]> {
    const purposes: string[] = [];
    for (const lane of lanes) {
      this.#asked += 1;
      const purpose = `Life ${this.#asked}.`;
      purposes.push(purpose);
      const requester = requesterOf(lane);
      await fillForm(this.stage, requester, CHANNEL, {
        incident: 'INC-2041',
        role: roleOf(lane),
        minutes,
        reason: 'service_restoration',
        purpose,
        commander: 'kenji',
      });
      const answer = await this.stage.slack.as(userOf(this.stage, requester)).submit();
      if (!answer.ok) throw new Error(`the form was not taken: ${JSON.stringify(answer)}`);
    }
    const rows = await this.store.list({ limit: lanes.length });
    const ids = purposes.map(
      (purpose) => rows.find(({ request }) => request.details.purpose === purpose)?.request.details.id,
    );
    const asked = lanes.map((lane, index) => ({ lane, requestId: ids[index] ?? '' }));
    await this.notified(asked);
    return Promise.all(asked.map(async (one) => ({ ...one, card: await this.#cardOf(one.requestId) })));
  }

  async #cardOf(requestId: string): Promise<MessagePlace> {
    const card = (await this.store.chat.refs(requestId)).find(({ kind }) => kind === 'card');
    if (card?.message === undefined) throw new Error(`request ${requestId} has no card`);
    return { channel: card.place, ts: card.message };
  }

  /** Resolves when all these rows are so; looks at all of them at once. */
  async watch(
    lives: readonly Pick<Life, 'requestId'>[],
    holds: (row: Row) => boolean,
    what: string,
    withinMs: number,
  ): Promise<void> {
    const waiting = new Set(lives.map(({ requestId }) => requestId));
    const look = async (): Promise<boolean> => {
      for (const row of await this.store.list({ limit: ROWS })) if (holds(row)) waiting.delete(row.request.details.id);
      return waiting.size === 0;
    };
    // Another process may be short of time because we look too often.
    await until(async () => (await look()) || (await wait(LOOK_MS, false)), what, withinMs);
  }

  /** Resolves when card and thread show everything that happened so far. */
  notified(lives: readonly Pick<Life, 'requestId'>[]): Promise<void> {
    const isNotified = ({ drawnVersion, version, postedSeq, seq }: Row) =>
      drawnVersion === version && postedSeq === seq;
    return this.watch(lives, isNotified, 'the chat to show everything', 60_000);
  }

  /** Sasha, of another team, presses Approve on each card. */
  async approve(lives: readonly Life[]): Promise<void> {
    const sasha = this.stage.slack.as(userOf(this.stage, 'sasha'));
    await Promise.all(lives.map(({ card }) => sasha.click(card, 'bg_approve')));
  }

  /** The requester asks for the shortest time more in each; resolves when every card asks for the approvals. */
  async wish(lives: readonly Life[]): Promise<void> {
    for (const { lane, requestId } of lives) {
      const requester = this.#requester(lane);
      await requester.command('/breakglass', `extend ${requestId}`, CHANNEL);
      await requester.awaitModal();
      const answer = await requester.submit();
      if (!answer.ok) throw new Error(`the form was not taken: ${JSON.stringify(answer)}`);
    }
    await this.watch(lives, ({ request }) => request.extended?.asked === 1, 'every wish', 60_000);
    await this.notified(lives);
  }

  /** The requester types `/breakglass end` for each. */
  async end(lives: readonly Life[]): Promise<void> {
    await Promise.all(
      lives.map(({ lane, requestId }) => this.#requester(lane).command('/breakglass', `end ${requestId}`, CHANNEL)),
    );
  }

  #requester(lane: number): Person {
    return this.stage.slack.as(userOf(this.stage, requesterOf(lane)));
  }

  async row({ requestId }: Pick<Life, 'requestId'>): Promise<Row> {
    const found = await this.store.find(requestId);
    if (found === undefined) throw new Error(`no request ${requestId}`);
    return found;
  }

  /** The name of a life's role in the cloud; undefined before its plan. */
  async roleName(life: Life): Promise<string | undefined> {
    const { request } = await this.row(life);
    return request.state === 'pending' ? undefined : request.grants[0]?.plan?.name;
  }

  /** The requester takes the role on. Rejects when AWS refuses. */
  async assume(life: Life): Promise<SigningKeys> {
    const name = await this.roleName(life);
    return assumeGrant(
      this.stage,
      requesterOf(life.lane),
      `arn:aws:iam::${accountOf(life.lane)}:role/breakglass/${name ?? 'none'}`,
    );
  }

  /** The requester tries what the role is for. */
  use({ lane }: Life, keys: SigningKeys): Promise<Simulated> {
    const { action, resource } = allowedIn(lane);
    return use(this.stage, keys, action, resource);
  }

  /** The last words of every process's log, for a test that failed. */
  lastWords(): string {
    return this.#processes.map((worker, index) => `process ${index + 1}: ${worker.log().slice(-6_000)}`).join('\n');
  }

  verify(): Promise<LogReport> {
    return verifyLog(this.store);
  }

  async close(): Promise<void> {
    this.holds.close();
    await Promise.all(this.#processes.map((worker) => worker.kill()));
    for (const close of [...this.#closing].reverse()) await close();
  }
}

const environment = (stage: Stage, databaseUrl: string) => ({
  ...stage.env,
  DATABASE_URL: databaseUrl,
  PORT: '0',
  LOG_LEVEL: 'info',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Opens everything but the workers: the web process runs in this one. */
export async function openEnvironment(): Promise<TestEnvironment> {
  const closing: (() => Promise<unknown>)[] = [];
  const database = await freshDatabase();
  closing.push(() => database.drop());
  const stage = await openStage({ policyText: await lanesPolicy() });
  closing.push(() => stage.close());
  const gate = await startCommitGate(database.appUrl);
  closing.push(() => gate.close());
  const web = await main({
    env: { ...environment(stage, database.appUrl), LOG_LEVEL: 'silent' },
    role: 'web',
    file: 'crash-test.yaml',
    lowered: { ...USUAL, policyText: stage.policyText },
  });
  closing.push(() => web.stop());
  const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: quiet });
  closing.push(() => store.close());
  return new TestEnvironment({ stage, store, gate, databaseUrl: database.appUrl, webUrl: web.url, closing });
}
