import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { verifyLog } from '../../src/broker/verify-log.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { Store } from '../../src/ports/store.ts';
import { play, stepsOf } from './acts.ts';
import { everybody, slackOf } from './catalog.ts';
import { brokenWords, unclicked, unrecorded } from './clicks.ts';
import { CloudLog } from './cloud-log.ts';
import { Counts } from './counts.ts';
import { Deliveries } from './deliveries.ts';
import { FaultInjector } from './fault-injector.ts';
import { freezesIn, systemEvents } from './freezes.ts';
import { Holdings } from './holdings.ts';
import { House } from './house.ts';
import { openInstallation } from './installation.ts';
import { type Case, caseOf, judge, type Scene } from './judge.ts';
import { Lane, type Playground } from './lane.ts';
import type { Options } from './options.ts';
import { People } from './people.ts';
import { randomOf, seedOf } from './random.ts';
import { Records } from './records.ts';

export interface Violation {
  /** The cycle it belongs to, where it belongs to one. */
  readonly cycle: number | undefined;
  readonly what: string;
}

export interface Outcome {
  readonly cycles: number;
  readonly counts: Counts;
  /** How many requests came to which end. */
  readonly ends: Counts;
  readonly violations: readonly Violation[];
  /** What was played in a cycle, for whoever looks for a reason. */
  readonly playedIn: (cycle: number) => readonly string[];
}

/** Lanes do not begin all at once. */
const STAGGER_MS = 150;
/** After the last cycle, this long until card and thread of every request show everything. */
const REST_MS = 150_000;
const ROWS_MAX = 100_000;
/** Where the processes' logs go; not kept in the repository. */
const LOGS = fileURLToPath(new URL('../../test-output/chaos', import.meta.url));

/** Plays it all. Rejects only where it could not be played. */
export async function chaos(options: Options, say: (line: string) => void): Promise<Outcome> {
  const lanes = Math.min(options.lanes, options.only === undefined ? options.runs : 1);
  const people = new People(lanes);
  const counts = new Counts();
  const deliveries = new Deliveries(randomOf(options.seed, 'deliveries'));
  const house = new House(lanes, deliveries);
  const installation = await openInstallation(lanes, options.backend, { people, deliveries, house });
  const { stage } = installation;
  const injector = new FaultInjector({ installation, deliveries, counts, random: randomOf(options.seed, 'injector') });
  const records = new Records(() => installation.adminUrl());
  const holdings = new Holdings(stage);
  const cloudLog = new CloudLog(stage.aws.dials);
  const ground: Playground = { stage, people, deliveries, records, holdings, counts, house, say };
  const played = new Map<number, string[]>();
  try {
    say('everything runs');
    if (!options.calm) injector.start();
    await playAll(options, lanes, ground, played);
    if (!options.calm && options.only === undefined) await injector.everyKind;
    await holdings.settled();
    await injector.stop();
    await records.until(() => (records.all.every(({ notified }) => notified) ? true : undefined), REST_MS);
    for (const { id, state } of records.all.filter(({ notified }) => !notified))
      say(`request ${id} (${state}) is not told in full`);
    await installation.lookForDeaths();
    await installation.stop();
    cloudLog.close();
    say('everything is at rest');
    return await installation.withStore(async (store) => {
      const policy = (await store.policyInForce())?.policy;
      if (policy === undefined) throw new Error('no policy is in force');
      const personOfUser = (user: string): string =>
        everybody(lanes).find(({ id }) => slackOf(id) === user)?.id ?? user;
      const evidence = { people, arrived: deliveries.arrived, spells: injector.spells, personOfUser };
      const freezes = freezesIn(await systemEvents(installation.adminUrl()));
      const scene: Scene = { installation, store, policy, evidence, freezes, holdings, cloud: cloudLog.entries };
      const { violations, ends } = await judgeAll(scene, lanes);
      return { cycles: played.size, counts, ends, violations, playedIn: (cycle) => played.get(cycle) ?? [] };
    });
  } finally {
    await installation.keepLogs(LOGS);
    await records.close();
    cloudLog.close();
    await installation.close();
    await house.close();
    await deliveries.close();
    await people.close();
  }
}

/** Each lane plays one cycle after the other, until there are none left. */
async function playAll(
  { seed, runs, only }: Options,
  lanes: number,
  ground: Playground,
  played: Map<number, string[]>,
): Promise<void> {
  const waiting = only === undefined ? Array.from({ length: runs }, (_, cycle) => cycle) : [only];
  const total = waiting.length;
  let over = 0;
  const inLane = async (number: number): Promise<void> => {
    await wait(number * STAGGER_MS);
    for (let cycle = waiting.shift(); cycle !== undefined; cycle = waiting.shift()) {
      const steps: string[] = [];
      played.set(cycle, steps);
      const lane = new Lane(ground, { number, cycle, random: randomOf(seed, 'cycle', cycle) });
      await play(stepsOf(seedOf(seed, 'steps', cycle)), lane, steps);
      await lane.finish();
      over += 1;
      if (over % 25 === 0) ground.say(`${over} of ${total} cycles are over`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => inLane(number)));
}

async function judgeAll(scene: Scene, lanes: number): Promise<Pick<Outcome, 'violations' | 'ends'>> {
  const { store, evidence, installation } = scene;
  const violations: Violation[] = [];
  const ends = new Counts();
  const cases: Case[] = [];
  for (const row of await store.list({ limit: ROWS_MAX })) {
    const one = await caseOf(store, row);
    cases.push(one);
    const cycle = Number(/^Cycle (\d+),/.exec(row.request.details.purpose)?.[1]);
    ends.add(row.request.state === 'closed' ? row.request.outcome : row.request.state);
    for (const problem of [...(await judge(scene, one)), ...unclicked(one, evidence.arrived)]) {
      violations.push({ cycle, what: `request ${one.requestId}: ${problem}` });
    }
  }
  const endings = cases.flatMap(({ events }) => events.filter(({ type }) => type === 'end_requested'));
  const notified = (user: string): readonly string[] =>
    installation.stage.slack
      .as(user)
      .ephemerals()
      .map(({ words }) => words);
  const ids = everybody(lanes).map(({ id }) => id);
  const general = [
    ...unrecorded(cases, evidence.arrived),
    ...brokenWords(ids, notified, endings),
    ...unplanned(scene, cases, lanes),
    ...(await logProblems(store)),
    ...installation.deaths,
  ];
  return { ends, violations: [...violations, ...general.map((what) => ({ cycle: undefined, what }))] };
}

/** Roles that stand in the cloud without a plan in the store. */
function unplanned({ installation, policy }: Scene, cases: readonly Case[], lanes: number): readonly string[] {
  const planned = new Set(
    cases.flatMap(({ events }) =>
      events.flatMap(({ type, data }) => (type === 'access_planned' ? [String(data.name)] : [])),
    ),
  );
  return ours(policy, lanes).flatMap((account) =>
    installation.stage.aws
      .roles(account)
      .filter(({ path, name }) => path === '/breakglass/' && !planned.has(name))
      .map(({ name }) => `role ${name} stands in account ${account} without a plan`),
  );
}

const ours = ({ accounts }: Policy, lanes: number): readonly string[] => accounts.slice(0, lanes).map(({ id }) => id);

/** The chain of every stream holds, and every row is what its events say (E4). */
async function logProblems(store: Store): Promise<readonly string[]> {
  const { broken, unexplained } = await verifyLog(store);
  if (broken !== undefined) return [`the log is broken: ${JSON.stringify(broken)}`];
  return unexplained.map(({ stream, what }) => `the log does not explain ${stream}: ${what}`);
}
