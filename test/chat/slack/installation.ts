import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Broker, broker as openBroker } from '../../../src/broker/broker.ts';
import { delivery } from '../../../src/chat/deliver/delivery.ts';
import { SLACK_PATH, slackApp } from '../../../src/chat/slack/app.ts';
import { slackChat } from '../../../src/chat/slack/chat.ts';
import { slackWorkspace } from '../../../src/chat/slack/workspace.ts';
import { brokerWords } from '../../../src/chat/words/broker-words.ts';
import { cloudTermsOf, cloudWordsOf } from '../../../src/core/policy/cloud.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import type { State } from '../../../src/core/request/request.ts';
import { PENDING_MAX } from '../../../src/core/request/requester-history.ts';
import type { Row, WorkName } from '../../../src/core/request/work.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { signatureOf } from '../../../src/demo/slack/delivery.ts';
import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import type { Announce } from '../../../src/ports/announce.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import type { Store } from '../../../src/ports/store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { freshDatabase } from '../../support/database.ts';
import { type Levers, NOW_NAMES, sourcesOf, standIn, workOff } from '../../support/outside.ts';
import { aPolicy } from '../../support/requests.ts';
import { until } from '../../support/until.ts';

/** Exactly what `manifests/slack.yaml` asks for; a test holds the two together. */
export const SCOPES = [
  'commands',
  'chat:write',
  'users:read',
  'channels:history',
  'groups:history',
  'im:history',
  'im:write',
];

export const PEOPLE = ['riley', 'casey', 'avery', 'blake', 'sasha', 'quinn', 'jordan'] as const;
export type Who = (typeof PEOPLE)[number];
export const user = (who: Who): string => `U0${who.toUpperCase()}`;
const ids = PEOPLE.map(user);

export const CHANNELS: LocalSlackOptions['channels'] = [
  { id: 'C0DEFAULT', name: 'emergency', members: ['U0BOT', ...ids] },
  { id: 'C0INCIDENT', name: 'inc-1', members: ['U0BOT', 'U0OLGA', ...ids] },
  { id: 'C0SECURITY', name: 'security', members: ['U0BOT', user('sasha'), user('quinn')] },
];

export const WORKSPACE: LocalSlackOptions = {
  team: { id: 'T0BREAK', name: 'Example' },
  app: { id: 'A0BREAK', botUserId: 'U0BOT', commands: ['/breakglass'], scopes: SCOPES, events: ['user_change'] },
  people: [
    ...PEOPLE.map((who) => ({ id: user(who), name: who, realName: who, tz: 'Europe/Berlin' })),
    { id: 'U0OLGA', name: 'olga', realName: 'Olga', stranger: { teamId: 'T0ELSE' } },
  ],
  channels: CHANNELS,
};

/** What the chat shows, with rows viewed as the broker does. */
interface Shown {
  readonly draw: (row: Row) => Promise<void>;
  readonly post: (row: Row) => Promise<void>;
  readonly invite: (row: Row) => ReturnType<Announce['invite']>;
  readonly alarm: Announce['alarm'];
}

export interface TestInstallation {
  readonly slack: LocalSlack;
  readonly store: Store;
  readonly broker: Broker;
  readonly announce: Shown;
  readonly levers: Levers;
  /** Does all work that is due, as the queue would, until none of these names is left. */
  readonly work: (names?: readonly WorkName[]) => Promise<void>;
  readonly row: (id: string) => Promise<Row>;
  readonly newest: () => Promise<Row>;
  /** Waits until a request is in this state, then does the work that follows. */
  readonly reaches: (id: string, state: State) => Promise<Row>;
  /** Everything that was logged. */
  readonly logs: readonly string[];
  readonly apply: (policy: Policy) => Promise<void>;
  /** Another start of the app on the same database and workspace; what it asked Slack at its start is settled by `started`. */
  readonly restart: () => Promise<{ readonly started: Promise<void>; readonly ready: () => Promise<void> }>;
  /** Sends the app a request as it stands, signed by Slack's secret unless it is `unsigned`. Rejects when there is no answer. */
  readonly post: (body: string, options?: { readonly json?: boolean; readonly unsigned?: boolean }) => Promise<number>;
  readonly close: () => Promise<void>;
}

const PATIENT_MS = 20_000;

/** The product's Slack side on real parts: PostgreSQL, Bolt over signed HTTP, the local workspace. The cloud is stood for. */
export async function openInstallation(
  options: {
    policy?: Policy;
    slack?: Partial<LocalSlackOptions>;
    socket?: boolean;
    store?: (store: Store) => Store;
    url?: (url: string) => Promise<string>;
    /** What Slack says of us at a start is not kept for the next. */
    knowsNobody?: boolean;
    /** Short, since most that are sent to an unknown end here are lost. */
    unknownAfterMs?: number;
    /** False: everybody waits as long as Slack does, and no longer. */
    patient?: boolean;
  } = {},
): Promise<TestInstallation> {
  const database = await freshDatabase();
  const logs: string[] = [];
  const note = (fields: object, message: string) => logs.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { info: note, warn: note, error: note };
  const { patient = true } = options;
  const levers: Levers = { directoryDown: false, incidentsDown: false, cloudRefuses: false, aheadMs: 0, patient };
  const real = openStore({
    definitions: DEFINITIONS,
    url: (await options.url?.(database.appUrl)) ?? database.appUrl,
    logger,
    offsetMs: () => levers.aheadMs,
  });
  const blank = { ...real, chat: { ...real.chat, identity: async () => undefined } };
  const store = options.store?.(real) ?? (options.knowsNobody ? blank : real);
  const apply = async (policy: Policy) => {
    await applyPolicy(store, policy, '', 'operator:test', await store.policyInForce());
  };
  await apply(options.policy ?? aPolicy());
  const slack = await startLocalSlack({
    ...WORKSPACE,
    ...(patient ? { ackMs: 2 * PATIENT_MS, triggerMs: 2 * PATIENT_MS } : {}),
    ...options.slack,
  });
  const newWorkspace = () =>
    slackWorkspace(
      {
        botToken: slack.app.botToken,
        appId: slack.app.id,
        apiUrl: slack.apiUrl,
        ...(options.socket ? { appToken: slack.app.appToken } : { signingSecret: slack.app.signingSecret }),
      },
      logger,
      () => performance.now() + levers.aheadMs,
    );
  const workspace = newWorkspace();
  const { directory, incidents } = sourcesOf(levers);
  const aws = standIn(levers, store, logger);
  const chat = slackChat(workspace, logger);
  const announce = delivery({
    chats: [chat],
    account: (key) => workspace.account(key),
    store,
    usage: (plan) => aws.usage(plan),
    words: (cloud) => cloudWordsOf(DEFINITIONS.clouds, cloud),
    logger,
    unknownAfterMs: options.unknownAfterMs ?? 300,
  });
  const broker: Broker = openBroker({
    store,
    directory,
    incidents,
    clouds: DEFINITIONS.clouds,
    words: brokerWords(DEFINITIONS.clouds),
    providers: { aws },
    schedule: { add: async () => undefined },
    announce,
    pagers: [],
    logger,
    openingOff: () => undefined,
  });
  const newApp = (its = workspace) =>
    slackApp({
      workspace: its,
      chat: its === workspace ? chat : slackChat(its, logger),
      announce,
      broker,
      store,
      directory,
      capabilities: (terms) => cloudTermsOf(DEFINITIONS.clouds, terms),
      logger,
      get answerMs() {
        return levers.patient ? PATIENT_MS : undefined;
      },
    });
  let app = newApp();
  await app.start();
  const server = app.requestListener && createServer((...args) => app.requestListener?.(...args));
  let url = '';
  if (server) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${SLACK_PATH}`;
    slack.connectApp(url);
  }
  const row = async (id: string): Promise<Row> => {
    const found = await store.find(id);
    if (found === undefined) throw new Error(`no request ${id}`);
    return found;
  };
  return {
    slack,
    store,
    broker,
    announce: {
      draw: (row) => announce.draw(row, chat.name, broker.view),
      post: (row) => announce.post(row, chat.name, broker.view),
      invite: (row) => announce.invite(row, broker.view),
      alarm: announce.alarm,
    },
    levers,
    logs,
    apply,
    row,
    restart: async () => {
      await app.stop();
      app = newApp(newWorkspace());
      await app.recall();
      const started = app.start();
      started.catch(() => undefined);
      return { started, ready: app.ready };
    },
    post: async (body, { json = false, unsigned = false } = {}) => {
      const timestamp = Math.floor(Date.now() / 1000);
      const secret = unsigned ? 'another secret' : slack.app.signingSecret;
      const headers = {
        'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': signatureOf(secret, timestamp, body),
      };
      return (await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(PATIENT_MS) })).status;
    },
    reaches: async (id, state) => {
      await until(async () => (await row(id)).request.state === state, `${id} to be ${state}`);
      await workOff(store, broker, NOW_NAMES);
      return row(id);
    },
    newest: async () => {
      const [first] = await store.list({ limit: 1 });
      if (first === undefined) throw new Error('nothing was asked');
      return first;
    },
    work: (names = NOW_NAMES) => workOff(store, broker, names),
    close: async () => {
      await app.stop();
      await slack.close();
      server?.closeAllConnections();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      await real.close();
      await database.drop();
    },
  };
}

/** Fills the request form in front of somebody and submits it. */
export async function ask(installation: TestInstallation, who: Who, change: Readonly<Record<string, string>> = {}) {
  const person = installation.slack.as(user(who));
  await makeRoom(installation, who);
  await person.command('/breakglass', change.text ?? anIncident(), change.in ?? 'C0INCIDENT');
  await person.awaitModal();
  await person.choose('bg_pick_role', change.role ?? 'restart-service');
  await person.awaitModal((modal) => modal.blocks.some(({ block_id: id }) => String(id).startsWith('terms/')));
  const fields = { reason: 'recovery', purpose: 'Restart the checkout service', commander: user('casey') };
  for (const [name, preset] of Object.entries(fields)) await person.choose(actionOf(name), change[name] ?? preset);
  if (change.incident) await person.choose('incident', change.incident);
  if (change.minutes) await person.choose('minutes', change.minutes);
  return person.submit();
}

/** Takes back what still waits of this person, where no more of theirs may wait. */
async function makeRoom({ store, broker }: TestInstallation, who: Who): Promise<void> {
  const actor = { type: 'person', key: `slack:T0BREAK:${user(who)}` } as const;
  const waiting = await store.list({ states: ['pending'], requester: actor.key, limit: PENDING_MAX });
  if (waiting.length < PENDING_MAX) return;
  for (const { request } of waiting) await broker.withdraw(request.details.id, actor);
}

let incidents = 0;
/** One that nobody asked for before: nobody may ask for the same twice at once. All of them have the channel of INC-1. */
export function anIncident(): string {
  incidents += 1;
  return `INC-1.${incidents}`;
}

const actionOf = (name: string): string => name;

/** The card of the newest request, as somebody sees it in its channel. */
export function cardSeen(installation: TestInstallation, who: Who, channel = 'C0INCIDENT') {
  const card = installation.slack
    .as(user(who))
    .messages(channel)
    .findLast(({ blocks, byApp, threadTs }) => byApp && threadTs === undefined && blocks[0]?.type === 'header');
  if (card === undefined) throw new Error('there is no card');
  return card;
}
