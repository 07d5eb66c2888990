import type { Logger } from './ports/logger.ts';
import type { Store } from './ports/store.ts';
import { throttled } from './throttled-log.ts';

export interface WatchSettings {
  /** `Store.readBack`, or the ledger's. */
  readonly readBack: () => Promise<readonly string[]>;
  readonly logger: Logger;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
  /** Milliseconds until the next look after one that was not answered. */
  readonly retryMs?: number;
}

export interface SessionWatch {
  /** What the first look found; rejects when it was not answered. */
  readonly first: Promise<readonly string[]>;
  /** Why nothing may be opened by what the sessions were last found to be, or undefined. */
  off(): string | undefined;
  /** A new session is not as it must be: nothing is opened from now on, until a look at once finds otherwise. */
  doubt(problems: readonly string[]): void;
  stop(): void;
}

const EVERY_MS = 60_000;
const RETRY_MS = 5_000;
/** Until the look that a doubt asks for: a pool makes many sessions at once, and one look answers for all of them. */
const DOUBT_MS = 1_000;

/**
 * Reads the database's sessions back at start and once a minute. While they are not as they must be, or cannot be asked,
 * nothing is opened, and each look says so at `error`. Endings go on.
 */
export function watchSessions({ readBack, logger, everyMs = EVERY_MS, retryMs = RETRY_MS }: WatchSettings) {
  let off: string | undefined = 'the database sessions were not read back yet';
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let doubted: readonly string[] = [];
  let stopped = false;
  const onUnanswered = throttled<unknown>(everyMs, (error, unsaid) =>
    logger.error({ why: String(error), unsaid }, 'the database sessions could not be read back; nothing is opened'),
  );
  const next = (ms: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look().catch(() => undefined), ms);
  };
  const look = async (): Promise<readonly string[]> => {
    looking = true;
    doubted = [];
    try {
      const problems = await readBack();
      const wasOff = off;
      off = problems.length > 0 ? problems.join('; ') : undefined;
      if (off !== undefined) {
        logger.error({ problems }, 'the database sessions are not as they must be; nothing is opened, endings go on');
      } else if (wasOff !== undefined) logger.info({}, 'the database sessions are as they must be');
      next(everyMs);
      return problems;
    } catch (error) {
      off = 'the database sessions could not be read back';
      if (!stopped) onUnanswered(error);
      next(retryMs);
      throw error;
    } finally {
      looking = false;
      // Of a session that came while the look was under way, which may not have seen it.
      if (doubted.length > 0) doubt(doubted);
    }
  };
  const doubt = (problems: readonly string[]): void => {
    doubted = problems;
    // Nothing is opened as it is, and the next look comes by itself: many doubts must neither put it off nor fill the log.
    if (looking || off !== undefined) return;
    off = problems.join('; ');
    next(DOUBT_MS);
  };
  const first = look();
  // Whoever waits for it is told; nobody else need be.
  first.catch(() => undefined);
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
  };
  return { first, off: () => off, doubt, stop } satisfies SessionWatch;
}

/**
 * The problems on which a process must not start; none where there is something to end: that goes on, and opens nothing.
 * Where it is not known whether there is, there may be. Rejects where nothing at all was answered.
 */
export async function problemsAtStart(
  { first }: Pick<SessionWatch, 'first'>,
  unended: Store['unended'],
): Promise<readonly string[]> {
  const problems = await first.catch(async (error: unknown) => {
    if ((await unended().catch(() => [])).length > 0) return [];
    throw error;
  });
  if (problems.length === 0) return [];
  const found = await unended().catch(() => undefined);
  return found?.length === 0 ? problems : [];
}
