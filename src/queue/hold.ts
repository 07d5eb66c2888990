/** Keeps a lane from asking a server again and again that errs each time. */
export interface Hold {
  /** The call, whose rejection comes only after a pause: a second, and twice as long with each in a row, up to 30 s. */
  around<A extends readonly unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T>;
  /** Ends the present pause: there is reason to think that the next call succeeds. */
  wake(): void;
  /** No more pauses, and the present one ends: nobody is to wait for one any more. */
  release(): void;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const DOUBLINGS_MAX = 5;

/**
 * BullMQ's workers wait a second after an error only where the connection was refused or is closed; after every other
 * reply they ask again at once, for ever (`retryIfFailed` in its `worker.js`, 6.7.0). Here every rejection is waited for
 * but those.
 */
export function makeHold(): Hold {
  const pauses = new Set<() => void>();
  let released = false;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      pauses.add(end);
    });
  const wake = (): void => {
    for (const end of pauses) end();
  };
  return {
    around: (call) => {
      let failures = 0;
      return async (...args) => {
        try {
          const result = await call(...args);
          failures = 0;
          return result;
        } catch (error) {
          if (released || isWaitedFor(error)) throw error;
          const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
          failures = Math.min(failures + 1, DOUBLINGS_MAX);
          await pause(ms);
          throw error;
        }
      };
    },
    wake,
    release: () => {
      released = true;
      wake();
    },
  };
}

/** As BullMQ's `isNotConnectionError` tells them. */
function isWaitedFor(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return code === 'ECONNREFUSED' || /ECONNREFUSED|^Connection is closed\.?$/.test(error.message);
}
