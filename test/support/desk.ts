import { type Broker, broker } from '../../src/broker/broker.ts';
import type { BrokerDeps } from '../../src/broker/deps.ts';
import { brokerWords } from '../../src/chat/words/broker-words.ts';
import { awsProvider } from '../../src/clouds/aws/role/provider.ts';
import { canonical } from '../../src/core/canonical.ts';
import type { CloudDefinition } from '../../src/core/policy/cloud.ts';
import type { Definitions } from '../../src/core/policy/definitions.ts';
import type { ChatKey, Directory } from '../../src/core/policy/directory.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { RequestInput } from '../../src/core/request/command.ts';
import type { ChatAccount, IncidentAnswer } from '../../src/core/request/facts.ts';
import { type Row, type Work, type WorkName, workFor } from '../../src/core/request/work.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Role as CloudRole } from '../../src/demo/aws/accounts.ts';
import { accountsOfPolicy, BROKER_HOME } from '../../src/demo/aws/accounts-of-policy.ts';
import { type LocalAws, startLocalAws } from '../../src/demo/aws/local-aws.ts';
import { applyPolicy } from '../../src/policy-in-force.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Provider } from '../../src/ports/provider.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase } from './database.ts';
import { keepingLogger } from './queues.ts';
import { aDirectory, anInput, aPolicy, type CastName, digestFor, KEYS, personActor } from './requests.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** The policy of `aPolicy`, with the boundaries where the manifests put them: the local AWS is guarded by those. */
function guardedPolicy(): Policy {
  const policy = aPolicy();
  const accounts = policy.accounts.map((account) => {
    const boundary = (zone: string) => `arn:aws:iam::${account.id}:policy/breakglass-guardrails/boundary-${zone}`;
    return { ...account, boundaries: { A: boundary('a'), B: boundary('b'), C: boundary('c') } };
  });
  // One person lives more lives here in a minute than anybody in a day.
  return { ...policy, accounts, requests: { maxObjects: 1000 } };
}

/** What a test may break. Everything answers, truthfully, until it is turned. */
export interface Dials {
  directoryDown: boolean;
  directory: Directory;
  incident: IncidentAnswer | 'down';
  /** What the chat says of an account, where it is not a member's. */
  accounts: Partial<Record<ChatKey, ChatAccount | 'down'>>;
  queueDown: boolean;
  openingOff: string | undefined;
}

/** A cloud besides AWS. */
export interface MoreCloud {
  readonly definition: CloudDefinition;
  /** Made once the store's clock is there; `now` is what the test turns it to. */
  readonly open: (how: { readonly clock: Clock; readonly now: () => number }) => Promise<Provider>;
}

/** With the cloud that there always is. */
type DeskDeps = BrokerDeps & { readonly providers: { readonly aws: Provider } };

/**
 * The broker on the real store and the real AWS provider, against a local AWS. Directory, incidents, chat and queue are
 * small parts that remember what they were told; `dials` breaks them.
 */
export interface Desk {
  readonly broker: Broker;
  readonly deps: DeskDeps;
  readonly store: Store;
  readonly aws: LocalAws;
  readonly dials: Dials;
  readonly database: TestDatabase;
  /** Between the broker's store and the database. */
  readonly wire: TcpProxy;
  readonly logger: ReturnType<typeof keepingLogger>;
  /** Every work that was put on the queue. */
  readonly queued: readonly Work[];
  /** Turns the store's clock and the cloud's forward. */
  wait(ms: number): void;
  /** Another process's broker, on the same database and cloud. */
  another(): Broker;
  /** What Riley fills in, under the policy in force here. */
  input(change?: Partial<RequestInput>): RequestInput;
  /** A request of Riley's; rejects when it is refused. */
  ask(id: string, change?: Partial<RequestInput>): Promise<Row>;
  /** The same, approved by as many as it needs. */
  approved(id: string, change?: Partial<RequestInput>): Promise<Row>;
  /** The same, opened. */
  opened(id: string, change?: Partial<RequestInput>): Promise<Row>;
  /** Does the work of that name which the row owes, due or not, as a job would. */
  perform(name: WorkName, id: string, by?: Broker): Promise<void>;
  row(id: string): Promise<Row>;
  eventsOf(id: string): Promise<readonly string[]>;
  /** The role that stands in the cloud for this request. */
  role(id: string): CloudRole | undefined;
  close(): Promise<void>;
}

/**
 * Opens everything that a broker needs, with a policy that `change` may make another. One for a suite: requests of
 * different ids do not meet.
 */
export async function openDesk(
  change = (policy: Policy): Policy => policy,
  more: readonly MoreCloud[] = [],
): Promise<Desk> {
  const policy = change(guardedPolicy());
  const definitions: Definitions = {
    ...DEFINITIONS,
    clouds: {
      ...DEFINITIONS.clouds,
      ...Object.fromEntries(more.map(({ definition }) => [definition.name, definition])),
    },
  };
  const accountId = policy.accounts[0]?.id ?? '';
  let turnedMs = 0;
  const now = () => Date.now() + turnedMs;
  const { partition, accounts } = accountsOfPolicy(policy);
  const [database, aws] = await Promise.all([freshDatabase(), startLocalAws({ partition, accounts, now })]);
  const wire = await startTcpProxy(database.appUrl);
  const logger = keepingLogger();
  const store = openStore({
    definitions,
    url: wire.through(database.appUrl),
    logger,
    offsetMs: () => turnedMs,
    limits: PATIENT,
  });
  await applyPolicy(store, policy, canonical(policy), 'operator:test', undefined);

  const dials: Dials = {
    directoryDown: false,
    directory: aDirectory(policy),
    incident: { id: 'INC-1', title: 'Checkout is down', state: 'open', channels: { slack: 'C0INCIDENT' } },
    accounts: {},
    queueDown: false,
    openingOff: undefined,
  };
  const queued: Work[] = [];
  const down = (what: string) => Promise.reject(new Error(`${what} does not answer`));
  const provider = awsProvider({
    endpoint: aws.url,
    region: 'eu-central-1',
    credentials: aws.keysOf(BROKER_HOME.account, BROKER_HOME.user),
    clock: store.clock,
    logger,
    pace: { perSecond: 1000, burst: 1000 },
    // Short pauses: that a call is tried again is looked at here, not how long it takes.
    random: () => 0.01,
  });
  const others = Object.fromEntries(
    await Promise.all(
      more.map(async ({ definition, open }) => [definition.name, await open({ clock: store.clock, now })] as const),
    ),
  );
  const deps: DeskDeps = {
    store,
    logger,
    clouds: definitions.clouds,
    words: brokerWords(definitions.clouds),
    providers: { aws: provider, ...others },
    openingOff: () => dials.openingOff,
    directory: {
      read: () =>
        dials.directoryDown ? down('the directory') : Promise.resolve({ directory: dials.directory, ageMs: 0 }),
    },
    incidents: {
      find: (_policy, id) => {
        const { incident } = dials;
        if (incident === 'down') return down('the incident source');
        return Promise.resolve({ incident: typeof incident === 'string' ? incident : { ...incident, id }, ageMs: 0 });
      },
      probe: async () => {
        if (dials.incident === 'down') await down('the incident source');
      },
    },
    schedule: {
      add: async (work) => {
        if (dials.queueDown) await down('the queue');
        queued.push(...work);
      },
    },
    announce: {
      chats: ['slack'],
      draw: ({ request, version }, chat) => store.chat.drawn(request.details.id, chat, version),
      post: ({ request, seq }, chat) => store.chat.posted(request.details.id, chat, seq),
      invite: async ({ request }) => ({ reached: request.details.invite, missed: [] }),
      account: (key) => {
        const said = dials.accounts[key] ?? 'member';
        return said === 'down' ? down('the chat') : Promise.resolve(said);
      },
      page: async () => true,
      freeze: async () => true,
      policy: async () => true,
      alarm: async () => true,
    },
    pagers: [],
  };
  const ours = broker(deps);

  const row = async (id: string): Promise<Row> => {
    const found = await store.find(id);
    if (found === undefined) throw new Error(`there is no request ${id}`);
    return found;
  };
  const input = (change: Partial<RequestInput> = {}): RequestInput =>
    anInput({ digest: digestFor(change.role ?? 'restart-service', policy), ...change });
  // Each for an incident of its own: nobody may ask for the same twice at once.
  const ask = async (id: string, change: Partial<RequestInput> = {}): Promise<Row> => {
    const actor = personActor('riley');
    if (actor.type !== 'person') throw new Error('Riley is a person');
    const asked = await ours.request({ requestId: id, actor, input: input({ incident: `INC-${id}`, ...change }) });
    if (!asked.ok) throw new Error(`refused: ${asked.refusal.code}`);
    return asked.row;
  };
  const approved = async (id: string, change: Partial<RequestInput> = {}): Promise<Row> => {
    const approvers: readonly CastName[] = change.role === 'rotate-keys' ? ['avery', 'sasha'] : ['avery'];
    const { digest } = (await ask(id, change)).request.details;
    for (const name of approvers) {
      const said = await ours.approve(id, { type: 'person', key: KEYS[name] }, digest);
      if (!said.ok) throw new Error(`refused: ${said.refusal.code}`);
    }
    return row(id);
  };
  const perform = async (name: WorkName, id: string, by = ours): Promise<void> => {
    const owed = workFor(await row(id)).filter((work) => work.name === name);
    if (owed.length === 0) throw new Error(`request ${id} owes no ${name}`);
    for (const work of owed) await by.perform(work, AbortSignal.timeout(60_000));
  };
  return {
    broker: ours,
    deps,
    store,
    aws,
    dials,
    database,
    wire,
    logger,
    queued,
    wait: (ms) => {
      turnedMs += ms;
    },
    another: () => broker(deps),
    input,
    ask,
    approved,
    opened: async (id, change) => {
      await approved(id, change);
      await perform('grant', id);
      return row(id);
    },
    perform,
    row,
    eventsOf: async (id) => (await store.events(`request/${id}`)).map(({ type }) => type),
    role: (id) => aws.roles(accountId).find(({ name }) => name === `bg-${id.toLowerCase()}`),
    close: async () => {
      provider.release();
      await store.close();
      await wire.close();
      await aws.close();
      await database.drop();
    },
  };
}
