/** Thrown when something did not answer in time. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/**
 * The promise's own outcome, or `TookTooLong` after `ms`, whichever is first. The promise itself goes on; what it does
 * later is nobody's business any more, so its late rejection is no unhandled one.
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`${what} did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await until(signal, over);
  } finally {
    clearTimeout(timer);
  }
}

/** The promise's own outcome, or a rejection with the signal's reason as soon as it aborts: what ignores it is not waited for. */
export async function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Aborts with the first of these signals, and after so many milliseconds at the latest. To Node 20 a timeout to which
 * nothing but `AbortSignal.any` refers is garbage: once collected, it never fires, and whatever hangs is waited for
 * without an end. One that somebody listens to is kept until it does.
 * @see https://github.com/nodejs/node/issues/57736
 */
export function withDeadline(ms: number, ...signals: readonly AbortSignal[]): AbortSignal {
  const late = AbortSignal.timeout(ms);
  late.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([...signals, late]);
}
