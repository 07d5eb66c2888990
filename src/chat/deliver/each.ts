import { TookTooLong, within } from '../../bounded.ts';

/** Does it in every chat at once, each by itself; rejects with the first failure when all have come to an end. */
export async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const tried = await Promise.allSettled(all.map(work));
  for (const one of tried) if (one.status === 'rejected') throw one.reason;
}

/**
 * Did it work in any chat? True as soon as one says so, however long the others take. Rejects only where none says so and
 * one could not say.
 */
export async function anyOf<T>(all: readonly T[], work: (one: T) => Promise<boolean>): Promise<boolean> {
  const tried = all.map(work);
  const first = tried.map(async (one) => {
    if (!(await one)) throw new Error('not here');
  });
  const some = await Promise.any(first).then(
    () => true,
    () => false,
  );
  return some || (await Promise.all(tried)).includes(true);
}

/** How long those are waited for that take longer than others, in milliseconds. */
export interface WaitingTimes {
  /** From when on those that came to an end are enough. */
  readonly othersMs: number;
  /** From the beginning, whatever the others came to. */
  readonly lastMs: number;
}

/**
 * What came of it in each that came to an end. A single one is waited for, however long it takes, and so are all until
 * one has come to its end; then the others have until `lastMs`, or `othersMs` once what came of those that did is enough.
 */
export async function withoutTheSilent<T>(
  all: readonly Promise<T>[],
  isEnough: (done: readonly T[]) => boolean,
  { othersMs, lastMs }: WaitingTimes,
): Promise<readonly T[]> {
  const done: T[] = [];
  const last = performance.now() + lastMs;
  const noted = all.map(async (one) => {
    done.push(await one);
  });
  const every = Promise.all(noted);
  const tried = noted.map(async (one) => {
    await one;
    if (!isEnough(done)) throw new Error('not yet');
  });
  const enough = Promise.any(tried).catch(() => every);
  // Where all fail nobody comes to wait for it: its failure is the one that is thrown, and must not end the process.
  enough.catch(() => undefined);
  await Promise.race([every, Promise.any(noted)]);
  await unlessSilent(last - performance.now(), Promise.race([every, enough]));
  await unlessSilent(Math.min(othersMs, last - performance.now()), every);
  return [...done];
}

const unlessSilent = (ms: number, some: Promise<unknown>): Promise<unknown> =>
  within(ms, 'a chat', some).catch((error: unknown) => {
    if (!(error instanceof TookTooLong)) throw error;
  });
