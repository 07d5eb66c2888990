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

/**
 * What came of it in each chat that came to an end. A single one is waited for, however long it takes; once one has come to
 * its end, the others have so many milliseconds.
 */
export async function withoutTheSilent<T>(all: readonly Promise<T>[], othersMs: number): Promise<readonly T[]> {
  const done: T[] = [];
  const noted = all.map(async (one) => {
    done.push(await one);
  });
  const every = Promise.all(noted);
  await Promise.race([every, Promise.any(noted)]);
  await within(othersMs, 'a chat', every).catch((error: unknown) => {
    if (!(error instanceof TookTooLong)) throw error;
  });
  return [...done];
}
