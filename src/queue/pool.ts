import { until } from '../bounded.ts';

/** Runs tasks, so many at once, none twice under one name. */
export interface Pool {
  /** Starts the task when there is room, unless one of this name still runs. False if there was no room before `by`. */
  start(name: string, by: AbortSignal, task: () => Promise<void>): Promise<boolean>;
  /** The same without waiting: false if there is no room now. */
  tryStart(name: string, task: () => Promise<void>): boolean;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

/** Tasks must not reject: what goes wrong in one is its own to tell. */
export function pool(size: number): Pool {
  const running = new Map<string, Promise<void>>();
  const run = (name: string, task: () => Promise<void>): true => {
    running.set(
      name,
      task().finally(() => running.delete(name)),
    );
    return true;
  };
  return {
    start: async (name, by, task) => {
      if (running.has(name)) return true;
      while (running.size >= size && !by.aborted)
        await until(by, Promise.race(running.values())).catch(() => undefined);
      return by.aborted ? false : run(name, task);
    },
    tryStart: (name, task) => running.has(name) || (running.size < size && run(name, task)),
    idle: async () => {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
