/** Something that is tried again until it succeeds once, or is given up. */
export interface Trying<T> {
  /** Resolves after the first try, whatever came of it. */
  readonly first: Promise<void>;
  /** Resolves when it succeeded; never rejects. */
  readonly done: Promise<T>;
  stop(): void;
}

/** Calls until it succeeds once, waiting `everyMs` after each failure. */
export function keepTrying<T>(call: () => Promise<T>, everyMs: number, onError: (error: unknown) => void): Trying<T> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let succeed: (value: T) => void;
  const done = new Promise<T>((resolve) => {
    succeed = resolve;
  });
  const attempt = async (): Promise<void> => {
    try {
      succeed(await call());
    } catch (error) {
      if (stopped) return;
      onError(error);
      timer = setTimeout(() => void attempt(), everyMs);
    }
  };
  return {
    first: attempt(),
    done,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
