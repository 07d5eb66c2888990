import { TookTooLong, within } from '../bounded.ts';
import type { Logger } from '../ports/logger.ts';

/** What was found of one part. `says` is for everybody who can reach the port: no address, no name, no secret. */
export interface Finding {
  /** `elsewhere`: not this process's to ask; another one says it. */
  readonly state: 'good' | 'red' | 'elsewhere';
  readonly says: string;
}

/** Something that must work for access to open and end. */
export interface Part {
  readonly name: string;
  /** Asks the part itself. A rejection is red, and so is silence; both are said in the words of `unanswered`. */
  readonly look: () => Promise<Finding>;
  readonly unanswered: string;
  /** A good answer counts for so many milliseconds; a red one no longer than {@link RED_KEPT_MS}. */
  readonly keptMs: number;
  /**
   * Somebody else's server is asked: with patience, beside whoever wants to know, who is shown the last answer meanwhile.
   */
  readonly slow?: boolean;
  /** While it is red nobody is served at all. */
  readonly serves?: boolean;
  /** Of parts of one group one that is not red is enough to serve somebody. */
  readonly group?: string;
}

/** What the page shows, each part by its name. */
export interface Report {
  readonly status: 'good' | 'red';
  readonly parts: Readonly<Record<string, Finding>>;
}

export interface Monitor {
  /** A part that the page shows from now on. */
  add(part: Part): void;
  /** Every part, each asked within its deadline unless its last answer still counts. Never rejects, leaves nothing out. */
  report(): Promise<Report>;
  /** Says from now on what is red: when it turns red, again each minute, and once when it is well again. */
  watch(): void;
  stop(): void;
}

export interface MonitorOptions {
  readonly logger: Logger;
  /** From one look to the next, in milliseconds. */
  readonly everyMs?: number;
  /** What stays red is said again after so many milliseconds. */
  readonly sayEveryMs?: number;
  /** A part that has not answered by then is red, in milliseconds; nobody who asks waits longer. */
  readonly lookMs?: number;
  /** The same for slow parts, whose last answer is shown meanwhile. */
  readonly slowMs?: number;
}

const EVERY_MS = 15_000;
/** A start gets this long before it is judged: the first sweep and the first answer of the chat are on their way. */
const FIRST_MS = 5_000;
const SAY_EVERY_MS = 60_000;
const LOOK_MS = 3_000;
const SLOW_MS = 10_000;
const RED_KEPT_MS = 2_000;

interface Known {
  readonly finding: Finding;
  /** For the log alone. */
  readonly why?: string | undefined;
  readonly until: number;
}

/** Asks every part, on request and by itself. Callers share what is being asked, so that nobody can ask more often. */
export function openMonitor({
  logger,
  everyMs = EVERY_MS,
  sayEveryMs = SAY_EVERY_MS,
  lookMs = LOOK_MS,
  slowMs = SLOW_MS,
}: MonitorOptions): Monitor {
  const parts = new Map<string, Part>();
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<Known>>();

  const answerOf = (part: Part, ms: number, answer: Promise<Finding>) =>
    within(ms, part.name, answer).then(
      (finding) => ({ finding, why: undefined }),
      (error: unknown) => ({ finding: unanswered(part, error, ms), why: String(error) }),
    );

  const ask = async (part: Part): Promise<Known> => {
    const answered = await answerOf(part, part.slow ? slowMs : lookMs, asked(part));
    const keptMs = answered.finding.state === 'red' ? Math.min(RED_KEPT_MS, part.keptMs) : part.keptMs;
    return { ...answered, until: performance.now() + keptMs };
  };

  const look = (part: Part): Promise<Known> => {
    const last = known.get(part.name);
    if (last !== undefined && performance.now() < last.until) return Promise.resolve(last);
    const begun = asking.get(part.name);
    if (begun !== undefined) return begun;
    const answer = ask(part).then((found) => {
      known.set(part.name, found);
      asking.delete(part.name);
      return found;
    });
    asking.set(part.name, answer);
    return answer;
  };

  /** For somebody who waits. */
  const shown = async (part: Part): Promise<Finding> => {
    const answer = look(part).then(({ finding }) => finding);
    if (!part.slow) return answer;
    return known.get(part.name)?.finding ?? (await answerOf(part, lookMs, answer)).finding;
  };

  const say = sayer(logger, sayEveryMs);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const watch = (afterMs: number): void => {
    timer = setTimeout(async () => {
      const all = [...parts.values()];
      const found = await Promise.all(all.map(async (part) => [part, await look(part)] as const));
      if (stopped) return;
      say(found);
      watch(everyMs);
    }, afterMs);
  };
  return {
    add: (part) => {
      parts.set(part.name, part);
    },
    report: async () => {
      const found = await Promise.all([...parts.values()].map(async (part) => [part.name, await shown(part)] as const));
      const isRed = found.some(([, { state }]) => state === 'red');
      return { status: isRed ? 'red' : 'good', parts: Object.fromEntries(found) };
    },
    watch: () => watch(Math.min(FIRST_MS, everyMs)),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What is thrown at once is a rejection too. */
const asked = async (part: Part): Promise<Finding> => part.look();

const unanswered = (part: Part, error: unknown, lookMs: number): Finding => ({
  state: 'red',
  says: error instanceof TookTooLong ? `${part.unanswered} It was asked for ${lookMs / 1000} s.` : part.unanswered,
});

/** One line for all that is red: at once when more of it is, each minute while any is, and one more when none is. */
function sayer(logger: Logger, everyMs: number): (found: readonly (readonly [Part, Known])[]) => void {
  let said: ReadonlySet<string> = new Set();
  let quietUntil = 0;
  return (found) => {
    const red = found.filter(([, { finding }]) => finding.state === 'red');
    const names = new Set(red.map(([{ name }]) => name));
    if (names.size === 0) {
      if (said.size > 0) logger.info({ was: [...said] }, 'all is well again');
      said = names;
      return;
    }
    const now = performance.now();
    const isNew = [...names].some((name) => !said.has(name));
    if (!isNew && now < quietUntil) return;
    said = names;
    quietUntil = now + everyMs;
    const says = Object.fromEntries(red.map(([{ name }, { finding, why }]) => [name, why ?? finding.says]));
    const isAlone = ({ group }: Part): boolean =>
      group !== undefined && found.some(([other, { finding }]) => other.group === group && finding.state !== 'red');
    if (red.some(([part]) => part.serves && !isAlone(part)))
      logger.error(
        { red: says },
        'nobody is served by this process; it is said again each minute until that is mended',
      );
    else logger.error({ red: says }, 'not everything is well; it is said again each minute until it is');
  };
}
