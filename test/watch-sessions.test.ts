import { setTimeout as delay } from 'node:timers/promises';
import { problemsAtStart, watchSessions } from '../src/watch-sessions.ts';
import { keepingLogger } from './support/queues.ts';
import { until } from './support/until.ts';

const WRONG = ['DATABASE_URL leads through a connection pooler; connect to PostgreSQL itself'];

describe('the watch over the database sessions (A3, D6)', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  /** A watch whose looks are answered by `answer`, one after the other; a text rejects. */
  const watching = (answers: (readonly string[] | string)[], everyMs = 5) => {
    const logger = keepingLogger();
    let looks = 0;
    const readBack = async (): Promise<readonly string[]> => {
      const answer = answers[Math.min(looks, answers.length - 1)] ?? [];
      looks += 1;
      if (typeof answer === 'string') throw new Error(answer);
      return answer;
    };
    const watch = watchSessions({ readBack, logger, everyMs, retryMs: everyMs });
    stops.push(watch.stop);
    return { watch, logger, looks: () => looks };
  };

  it('opens nothing before the first look, and then what it finds to be well', async () => {
    const { watch } = watching([[]]);
    expect(watch.off()).toBe('the database sessions were not read back yet');
    expect(await watch.first).toEqual([]);
    expect(watch.off()).toBeUndefined();
  });

  it('opens nothing while they are not well, says so at `error` each time, and opens again when they are', async () => {
    const { watch, logger } = watching([WRONG, WRONG, []]);
    expect(await watch.first).toEqual(WRONG);
    expect(watch.off()).toBe(WRONG[0]);
    await until(async () => watch.off() === undefined, 'the sessions to be well');
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
    expect(logger.lines[0]?.fields).toEqual({ problems: WRONG });
  });

  it('opens nothing when they cannot be asked, and asks again', async () => {
    const { watch, logger } = watching([[], 'away', []]);
    await watch.first;
    await until(async () => logger.lines.some(({ level }) => level === 'error'), 'a look that was not answered');
    await until(async () => watch.off() === undefined, 'the sessions to be well');
    const { watch: unasked } = watching(['away']);
    await expect(unasked.first).rejects.toThrow('away');
    expect(unasked.off()).toBe('the database sessions could not be read back');
  });

  it('opens nothing from the moment a new session is doubted, and looks soon', async () => {
    const { watch, looks } = watching([[], WRONG], 60_000);
    await watch.first;
    watch.doubt(WRONG);
    expect(watch.off()).toBe(WRONG[0]);
    await until(async () => looks() === 2, 'a look');
    await delay(20);
    expect(watch.off()).toBe(WRONG[0]);
  });

  it('looks once for many doubts in a row, which do not put that look off', async () => {
    const { watch, looks, logger } = watching([[], WRONG], 60_000);
    await watch.first;
    const doubting = setInterval(() => watch.doubt(WRONG), 10);
    await until(async () => looks() === 2, 'a look');
    await delay(1_200);
    clearInterval(doubting);
    expect(looks()).toBe(2);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('looks no more once it is stopped', async () => {
    const { watch, looks } = watching([[]]);
    await watch.first;
    watch.stop();
    const before = looks();
    watch.doubt(WRONG);
    await delay(50);
    expect(looks() - before).toBeLessThanOrEqual(1);
  });
});

describe('a start whose sessions are not as they must be', () => {
  const one = { request: {} } as never;
  const away = () => Promise.reject(new Error('the database is away'));

  it('goes on where there is access to end, or where that cannot be known (D2, D6)', async () => {
    const first = Promise.resolve(WRONG);
    expect(await problemsAtStart({ first }, async () => [one])).toEqual([]);
    expect(await problemsAtStart({ first }, away)).toEqual([]);
    expect(await problemsAtStart({ first }, async () => [])).toEqual(WRONG);
    expect(await problemsAtStart({ first: Promise.resolve([]) }, away)).toEqual([]);
  });

  it('says why where they cannot be asked, unless there is access to end', async () => {
    expect(await problemsAtStart({ first: away() }, async () => [one])).toEqual([]);
    await expect(problemsAtStart({ first: away() }, async () => [])).rejects.toThrow('away');
    await expect(problemsAtStart({ first: away() }, away)).rejects.toThrow('away');
  });
});
