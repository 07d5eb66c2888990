import { type Unexplained, unexplainedRows } from '../core/audit/explain.ts';
import { unexplainedSystem } from '../core/audit/explain-system.ts';
import { requestIdOf } from '../core/events.ts';
import type { Ledger, Round, RowLedger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';

/** In this time a round looks at every request, in milliseconds: within 24 hours, with some left for a process that was down. */
export const ROUND_MS = 20 * 3_600_000;
/** Of a round, at once: always some, so that a small log is soon gone through, and never so many that a look takes long. */
const SLICE_MIN = 50;
const SLICE_MAX = 5_000;
/** Rows in memory at once, with their events: some megabytes. */
const ROWS_AT_ONCE = 100;
const OPEN_AT_ONCE = 5_000;
/** As many are remembered and looked at each time again; beyond that nobody reads them one by one. */
const FOUND_MAX = 1_000;
/** Named in a log line. */
const SHOWN_MAX = 5;

const LOCK = 'explain rows';

/** How many streams a round looks at now, to be through all of them in time whatever it missed. */
export function sliceOf({ beganAt, done }: Round, streams: number, now: Date): number {
  const part = Math.min(1, Math.max(0, now.getTime() - beganAt.getTime()) / ROUND_MS);
  return Math.min(SLICE_MAX, Math.max(SLICE_MIN, Math.ceil(streams * part) - done));
}

export interface Explaining {
  /** Looks once; one look at a time. Never rejects: it says so in the log, and the next one tries again. */
  run(): Promise<void>;
}

/**
 * Holds rows to their events beside the sealing, which never waits for it: each time the freeze, the newest policy, every
 * request that is not closed or was not a look ago, and whatever was found before; of all others a part, so that each is
 * looked at within a day. What it finds the next checkpoint names.
 */
export function explaining({ ledger, logger }: { readonly ledger: Ledger; readonly logger: Logger }): Explaining {
  const { rows } = ledger;
  let current: Promise<void> | undefined;
  // What was open a look ago, so that a row that is only said to be closed is looked at once more.
  let open: readonly string[] = [];
  let looks = 0;

  const look = async (): Promise<void> => {
    const before = open;
    open = await openNow(rows);
    const known = await rows.found(FOUND_MAX);
    const [round, slice] = await nextSlice(ledger);
    const ids = new Set([...open, ...before, ...known.flatMap(({ stream }) => requestIdOf(stream)), ...slice]);
    const found = [...(await explainSystem(rows, looks)), ...(await explainRequests(rows, [...ids]))];
    looks += 1;
    await rows.setFound(found.slice(0, FOUND_MAX));
    // Only now: a look that broke off is made again from where the last one came to.
    await rows.setRound(round);
    if (found.length === 0) return;
    logger.error(
      { rows: found.length, first: found.slice(0, SHOWN_MAX) },
      'rows are not what their events say; the next checkpoint names them; keep the database as it is and tell security',
    );
  };

  const attempt = async (): Promise<void> => {
    try {
      await ledger.withLock(LOCK, 0, look);
    } catch (error) {
      logger.error({ why: String(error) }, 'the rows could not be held to their events; it is tried again');
    }
  };

  return {
    run: () => {
      current ??= attempt().finally(() => {
        current = undefined;
      });
      return current;
    },
  };
}

async function openNow(rows: RowLedger): Promise<readonly string[]> {
  const open: string[] = [];
  let page: readonly string[];
  do {
    page = await rows.open(OPEN_AT_ONCE, open.at(-1) ?? '');
    open.push(...page);
  } while (page.length === OPEN_AT_ONCE);
  return open;
}

/** The next part of a round, and where the round stands after it. A new one begins with what no stream leads to. */
async function nextSlice({ rows, now, newest }: Ledger): Promise<readonly [Round, readonly string[]]> {
  const at = await now();
  const streams = (await newest())?.header.streams ?? 0;
  const last = await rows.round();
  if (last !== undefined) {
    const limit = sliceOf(last, streams, at);
    const slice = await rows.sealed(limit, last.after);
    const [stream] = slice.slice(-1).map((id) => `request/${id}`);
    if (stream !== undefined) return [{ ...last, after: stream, done: last.done + slice.length }, slice];
  }
  return [{ after: '', beganAt: at, done: 0 }, await rows.eventless(FOUND_MAX)];
}

async function explainRequests({ evidence }: RowLedger, ids: readonly string[]): Promise<readonly Unexplained[]> {
  const found: Unexplained[] = [];
  for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
    found.push(...unexplainedRows(await evidence.requests(ids.slice(from, from + ROWS_AT_ONCE))));
  }
  return found;
}

/** The freeze and all policies by their heads; the content of the newest, and of one of the others by turns. */
async function explainSystem({ evidence }: RowLedger, turn: number): Promise<readonly Unexplained[]> {
  const { policies } = await evidence.system([]);
  const [newest] = policies.slice(-1);
  const other = policies[turn % Math.max(1, policies.length)];
  return unexplainedSystem(
    await evidence.system([newest, other].flatMap((one) => (one === undefined ? [] : [one.number]))),
  );
}
