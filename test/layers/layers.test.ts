import { openServers, type Servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import type { Open, TestInstallation } from './installation.ts';
import { openInstallations } from './installation.ts';

/*
 * Three layers end access; each is seen here alone, with the two others dead. What a layer ended is told by the cloud
 * itself, asked with the credentials of somebody who held the access, and by the proofs in the row.
 */

let servers: Servers;
let installations: ReadonlyMap<string, TestInstallation>;
beforeAll(async () => {
  servers = await openServers();
  installations = await openInstallations(servers);
}, 120_000);
afterAll(async () => {
  for (const installation of installations.values()) await installation.close();
  await servers.close();
});

/** Plays one story in the installation of each backend at the same time; answers by backend. */
async function onEach<T>(story: (installation: TestInstallation) => Promise<T>): Promise<Record<string, T>> {
  const told = await Promise.all(
    [...installations].map(async ([name, installation]) => [name, await story(installation)] as const),
  );
  return Object.fromEntries(told);
}
const each = <T>(value: T): Record<string, T> =>
  Object.fromEntries([...installations.keys()].map((name) => [name, value]));

const IGNORED = { works: true, mayAssume: true };
const ENDED = { works: false, mayAssume: false, outcome: 'ended', removed: true, sessionsEnded: true };

/** The first layer is switched off, and shown to be: the planned end alone ends nothing any more. */
async function withoutDates(installation: TestInstallation, open: Open) {
  installation.stage.aws.dials.setIgnoreDates(true);
  return installation.worksPastEnd(open);
}

/** What is left when the row says that it is over. */
async function leftOf(installation: TestInstallation, open: Open) {
  const { outcome, grants } = await installation.closed(open);
  return {
    works: await installation.works(open),
    mayAssume: await installation.mayAssume(open),
    outcome,
    removed: grants.every(({ accessRemoved }) => accessRemoved !== undefined),
    sessionsEnded: grants.every((grant) => grant.sessionsEnded !== undefined),
  };
}

function grantOf(opened: ReadonlyMap<TestInstallation, Open>, installation: TestInstallation): Open {
  const open = opened.get(installation);
  if (open === undefined) throw new Error('nothing was opened');
  return open;
}

const SWEPT = 'the sweep did what the queue had left undone';

describe('each of the three layers alone ends access, on both queue backends', () => {
  afterEach(() => {
    for (const { stage } of installations.values()) stage.aws.dials.setIgnoreDates(false);
  });

  it('the cloud, with broker, worker, Redis and PostgreSQL dead (D1, D2)', async () => {
    const opened = new Map<TestInstallation, Open>();
    await onEach(async (installation) => {
      await installation.start({});
      opened.set(installation, await installation.open());
    });
    await Promise.all([...installations.values()].map((installation) => installation.kill()));
    await Promise.all([servers.redis?.kill(), servers.stopPostgres()]);
    try {
      const seen = await onEach(async (installation) => {
        const open = grantOf(opened, installation);
        const before = await installation.works(open);
        await until(() => new Date() > open.plannedEnd, 'the planned end to pass');
        return { before, works: await installation.works(open), mayAssume: await installation.mayAssume(open) };
      });
      expect(seen).toEqual(each({ before: true, works: false, mayAssume: false }));
    } finally {
      await Promise.all([servers.redis?.start(), servers.startPostgres()]);
    }
    // Whoever comes back finds it ended, and records the cloud's own end as the proof.
    const proofs = await onEach(async (installation) => {
      await installation.start({ sweepMs: 1_000 });
      const open = grantOf(opened, installation);
      return { ...(await leftOf(installation, open)), by: await installation.provenBy(open) };
    });
    expect(proofs).toEqual(each({ ...ENDED, by: 'native_end' }));
  }, 120_000);

  it('the delayed job, with a cloud that ignores dates and no sweep (D1, D2)', async () => {
    const seen = await onEach(async (installation) => {
      const bot = await installation.start({ sweep: false });
      const open = await installation.open();
      const ignored = await withoutDates(installation, open);
      return { ignored, left: await leftOf(installation, open), swept: bot.log().includes(SWEPT) };
    });
    expect(seen).toEqual(each({ ignored: IGNORED, left: ENDED, swept: false }));
  }, 120_000);

  it('the sweep, with a cloud that ignores dates and a queue that was wiped (D1, D2)', async () => {
    const seen = await onEach(async (installation) => {
      await installation.start({ sweepMs: 1_000 });
      const open = await installation.open();
      const ignored = await withoutDates(installation, open);
      await installation.wipeQueue();
      return { ignored, left: await leftOf(installation, open) };
    });
    expect(seen).toEqual(each({ ignored: IGNORED, left: ENDED }));
  }, 120_000);

  it('the sweep, with a cloud that ignores dates and no queue at all (D1, D2)', async () => {
    const seen = await onEach(async (installation) => {
      const bot = await installation.start({ sweepMs: 1_000 });
      const open = await installation.open();
      const ignored = await withoutDates(installation, open);
      await installation.removeQueue();
      return { ignored, left: await leftOf(installation, open), swept: bot.log().includes(SWEPT) };
    });
    expect(seen).toEqual(each({ ignored: IGNORED, left: ENDED, swept: true }));
  }, 120_000);
});
