import type { Row } from '../../src/core/request/work.ts';
import type { SigningKeys } from '../../src/demo/aws/sigv4.ts';
import type { MainOptions } from '../../src/main.ts';
import { until } from '../support/until.ts';
import { laneOf } from './catalog.ts';
import type { Life, TestEnvironment } from './environment.ts';
import { judge } from './judge.ts';
import { type Point, titleOf } from './steps.ts';

export type Signal = 'SIGKILL' | 'SIGSTOP';

export interface Scenario {
  /** One life for each; at most as many as there are lanes. All of one phase. */
  readonly points: readonly Point[];
  /** What happens to the worker once every life is held at its point. */
  readonly signal: Signal;
  /** How the worker that goes on differs, such as by a broken policy file. */
  readonly successor?: MainOptions['lowered'];
}

/** Problems by point; a point without any has an empty list. */
export type Verdicts = Record<string, readonly string[]>;

/** Within the 40 s after which the worker gives up a request that is held however often it is tried again. */
const REACH_MS = 25_000;
/** A killed worker's jobs are picked up within 15 s; a stopped one holds its locks for 60 s, its last writes count 60 s. */
const RECOVERY_MS: Readonly<Record<Signal, number>> = { SIGKILL: 60_000, SIGSTOP: 170_000 };

/**
 * Lives that are each held at a point of their own in one worker, which is then struck down; what was held goes through;
 * another worker goes on. Resolves with what did not hold when all of it was over.
 */
export async function endure(environment: TestEnvironment, scenario: Scenario): Promise<Verdicts> {
  const verdicts = await endureOnce(environment, scenario);
  const points = scenario.points.filter((point) => verdicts[titleOf(point)]?.join() === NEVER);
  if (Object.values(verdicts).some((problems) => problems.length > 0)) console.warn(environment.lastWords());
  // A busy machine may be too slow to bring so many lives to their points at once: the late ones get another try.
  return points.length === 0 ? verdicts : { ...verdicts, ...(await endureOnce(environment, { ...scenario, points })) };
}

const NEVER = 'never got there';

async function endureOnce(environment: TestEnvironment, { points, signal, successor }: Scenario): Promise<Verdicts> {
  const victim = await environment.worker({ gated: true });
  const workers = [victim];
  try {
    const lives = await environment.ask(points.map((_, lane) => lane));
    const sessions = new Sessions(environment);
    const opening = points.every(({ phase }) => phase === 'opening');
    const extending = points.every(({ phase }) => phase === 'extending');
    if (!opening) {
      await environment.approve(lives);
      await sessions.take(lives, 60_000);
    }
    if (extending) await environment.wish(lives);
    const reached = hold(environment, lives, points);
    if (opening || extending) await environment.approve(lives);
    else await environment.end(lives);
    const missed = await unreached(points, reached);
    await (signal === 'SIGKILL' ? victim.kill() : victim.freeze());
    letGo(environment);

    workers.push(await environment.worker(successor === undefined ? {} : { lowered: successor }));
    if (opening) await sessions.take(lives, RECOVERY_MS[signal]);
    if (extending) await environment.watch(lives, isExtended, 'all to be extended', RECOVERY_MS[signal]);
    if (opening || extending) await environment.end(lives);
    const stuck = await environment.watch(lives, isClosed, 'all to be closed', RECOVERY_MS[signal]).then(
      () => [],
      (error: Error) => [error.message],
    );
    if (stuck.length === 0) await environment.notified(lives);
    const found = await sessions.judge(lives);
    // A stopped process goes on with what it had in hand, then lets go of everything: after that it writes nothing.
    if (signal === 'SIGSTOP') victim.thaw();
    for (const worker of workers) await worker.stop();
    const later = await sessions.judge(lives);
    const { broken, unexplained } = await environment.verify();
    const rows = unexplained.map(({ stream, what }) => `the log does not explain ${stream}: ${what}`);
    const log = broken === undefined ? rows : [`the log is broken: ${JSON.stringify(broken)}`];
    return Object.fromEntries(
      points.map((point, index) => [
        titleOf(point),
        [
          ...(missed.includes(point) ? [NEVER] : []),
          ...(found[index] ?? []),
          ...(later[index] ?? []).filter((one) => !found[index]?.includes(one)).map((one) => `${one}, in the end`),
          ...log,
        ],
      ]),
    );
  } finally {
    letGo(environment);
    await Promise.all(workers.map((worker) => worker.kill()));
  }
}

const isClosed = ({ request }: Row): boolean => request.state === 'closed';

/** More time is there, and nothing is left to be written. */
const isExtended = ({ request }: Row): boolean =>
  request.state === 'active' && request.extension === undefined && (request.extended?.minutes ?? 0) > 0;

/** What the human holds of each life. */
class Sessions {
  readonly #environment: TestEnvironment;
  readonly #keys = new Map<Life, SigningKeys>();

  constructor(environment: TestEnvironment) {
    this.#environment = environment;
  }

  /** Waits until every life is open, and takes each role on. What was closed instead has no session. */
  async take(lives: readonly Life[], withinMs: number): Promise<void> {
    const isDecided = ({ request }: Row) => request.state === 'active' || request.state === 'closed';
    await this.#environment.watch(lives, isDecided, 'all to be open', withinMs);
    for (const life of lives) {
      if ((await this.#environment.row(life)).request.state !== 'active') continue;
      const keys = await this.#environment.assume(life);
      const used = await this.#environment.use(life, keys);
      if (!used.allowed) throw new Error(`open access does not work: ${used.message}`);
      this.#keys.set(life, keys);
    }
  }

  async judge(lives: readonly Life[]): Promise<(readonly string[])[]> {
    const verdicts: (readonly string[])[] = [];
    for (const life of lives) {
      verdicts.push(await judge(this.#environment, life, { outcomes: ['ended'], keys: this.#keys.get(life) }));
    }
    return verdicts;
  }
}

async function unreached(points: readonly Point[], reached: ReadonlySet<Point>): Promise<readonly Point[]> {
  try {
    await until(() => reached.size === points.length, 'every point', REACH_MS);
    return [];
  } catch {
    return points.filter((point) => !reached.has(point));
  }
}

function letGo(environment: TestEnvironment): void {
  environment.holds.letGo();
  environment.gate.judge(() => 'passes');
  environment.gate.release();
}

/** What `endure` answers when nothing went wrong. */
export const spotless = (points: readonly Point[]): Verdicts =>
  Object.fromEntries(points.map((point) => [titleOf(point), []]));

/** Arms one point for each life; the set fills as they are reached. */
function hold(environment: TestEnvironment, lives: readonly Life[], points: readonly Point[]): ReadonlySet<Point> {
  const reached = new Set<Point>();
  environment.holds.start(({ name, nth, side }, account) => {
    const point = points[laneOf(account)];
    // What the worker tries again after 8 s comes to the same point, and is held there too.
    const here = point?.kind === 'aws' && point.name === name && nth >= point.nth && point.side === side;
    if (here) reached.add(point);
    return here;
  });
  environment.gate.judge(({ name, text }) => {
    const point = points[lives.findIndex(({ requestId }) => text.includes(requestId))];
    if (point?.kind !== 'commit' || point.name !== name) return 'passes';
    // Of what the chat and the queue commit often, the first: each that waits keeps a connection busy.
    if (reached.has(point) && name.includes(' ')) return 'passes';
    reached.add(point);
    return point.fate;
  });
  return reached;
}
