import { type Finding, type Monitor, openMonitor, type Part } from '../../src/health/monitor.ts';
import { keepingLogger } from '../support/queues.ts';
import { until } from '../support/until.ts';

const GOOD: Finding = { state: 'good', says: 'It is well.' };
const RED: Finding = { state: 'red', says: 'It is ill.' };
const LOOK_MS = 50;

const part = (name: string, look: Part['look'], more: Partial<Part> = {}): Part => ({
  name,
  look,
  unanswered: `The ${name} does not answer.`,
  keptMs: 0,
  ...more,
});

describe('the page of health (D6)', () => {
  const open: Monitor[] = [];
  afterEach(() => {
    for (const monitor of open.splice(0)) monitor.stop();
  });
  const monitorOf = (parts: readonly Part[], more: Partial<Parameters<typeof openMonitor>[0]> = {}) => {
    const logger = keepingLogger();
    const monitor = openMonitor({ logger, lookMs: LOOK_MS, ...more });
    for (const one of parts) monitor.add(one);
    open.push(monitor);
    return { monitor, logger };
  };

  it('names a part that hangs, and one that rejects, as red; neither is left out, and neither error is shown', async () => {
    const { monitor } = monitorOf([
      part('well', async () => GOOD),
      part('hanging', () => new Promise(() => undefined)),
      part('hanging far away', () => new Promise(() => undefined), { slow: true }),
      part('broken', () => Promise.reject(new Error('postgres://app:hunter2@db.internal'))),
      part('throwing', () => {
        throw new Error('hunter2');
      }),
    ]);
    const begun = performance.now();
    const report = await monitor.report();
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(report.status).toBe('red');
    expect(Object.entries(report.parts).map(([name, { state }]) => [name, state])).toEqual([
      ['well', 'good'],
      ['hanging', 'red'],
      ['hanging far away', 'red'],
      ['broken', 'red'],
      ['throwing', 'red'],
    ]);
    expect(JSON.stringify(report)).not.toContain('hunter2');
    expect(report.parts.broken?.says).toBe('The broken does not answer.');
  });

  it('is good where nothing is red, and says so of what another process is asked', async () => {
    const elsewhere: Finding = { state: 'elsewhere', says: 'A worker says it.' };
    const { monitor } = monitorOf([part('well', async () => GOOD), part('far', async () => elsewhere)]);
    expect(await monitor.report()).toEqual({ status: 'good', parts: { well: GOOD, far: elsewhere } });
  });

  it('says that nobody is served where every part of a group is red, not where one is', async () => {
    const chat = (name: string, finding: Finding) => part(name, async () => finding, { serves: true, group: 'chat' });
    const saidOf = async (...parts: readonly Part[]) => {
      const { monitor, logger } = monitorOf(parts, { everyMs: 10 });
      monitor.watch();
      await until(async () => logger.lines.length > 0, 'it to be said');
      return logger.lines[0]?.message;
    };
    expect(await saidOf(chat('chat_a', RED), chat('chat_b', GOOD))).toMatch(/^not everything is well/);
    expect(await saidOf(chat('chat_a', RED), chat('chat_b', RED))).toMatch(/^nobody is served/);
  });

  it('asks once for a hundred who want to know, and again when the answer is old', async () => {
    let asked = 0;
    const counting = part(
      'counted',
      async () => {
        asked += 1;
        return GOOD;
      },
      { keptMs: 100 },
    );
    const { monitor } = monitorOf([counting]);
    await Promise.all(Array.from({ length: 100 }, () => monitor.report()));
    expect(asked).toBe(1);
    await until(async () => {
      await monitor.report();
      return asked === 2;
    }, 'another look');
  });

  it('shows the last answer of somebody else’s server while it is asked again, and then the new one', async () => {
    let answer: () => Promise<Finding> = async () => GOOD;
    const { monitor } = monitorOf([part('far', () => answer(), { slow: true })], { slowMs: 500 });
    await monitor.report();
    answer = () => new Promise(() => undefined);
    expect((await monitor.report()).parts.far).toEqual(GOOD);
    await until(async () => (await monitor.report()).status === 'red', 'silence to count');
    answer = async () => GOOD;
    await until(async () => (await monitor.report()).status === 'good', 'the part to be well again');
  });

  it('says what is red at error, says it again, says at once what turns red besides, and once that all is well', async () => {
    const states: Record<string, Finding> = { door: RED, other: GOOD };
    const parts = [
      part('door', async () => states.door ?? GOOD, { serves: true }),
      part('other', async () => states.other ?? GOOD),
    ];
    const { monitor, logger } = monitorOf(parts, { everyMs: 5, sayEveryMs: 200 });
    monitor.watch();
    const said = (words: RegExp) => logger.lines.filter((line) => words.test(JSON.stringify(line)));
    await until(() => said(/nobody is served/).length === 2, 'it to be said twice');
    states.other = RED;
    await until(() => said(/"other":/).length > 0, 'the second part to be named');
    Object.assign(states, { door: GOOD, other: RED });
    await until(() => said(/not everything is well/).length > 0, 'what is left to be said');
    states.other = GOOD;
    await until(() => said(/all is well again/).length > 0, 'the good news');
    const lines = logger.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(logger.lines.length).toBe(lines);
  });
});
