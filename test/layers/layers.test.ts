import { openServers, type Servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import type { House, Open } from './house.ts';
import { openHouses } from './house.ts';

/*
 * Three layers end access; each is seen here alone, with the two others dead. What a layer ended is told by the cloud
 * itself, asked with the credentials of somebody who held the access, and by the proofs in the row.
 */

let servers: Servers;
let houses: ReadonlyMap<string, House>;
beforeAll(async () => {
  servers = await openServers();
  houses = await openHouses(servers);
}, 120_000);
afterAll(async () => {
  for (const house of houses.values()) await house.close();
  await servers.close();
});

/** Plays one story in the house of each backend at the same time; answers by backend. */
async function onEach<T>(story: (house: House) => Promise<T>): Promise<Record<string, T>> {
  const told = await Promise.all([...houses].map(async ([name, house]) => [name, await story(house)] as const));
  return Object.fromEntries(told);
}
const each = <T>(value: T): Record<string, T> => Object.fromEntries([...houses.keys()].map((name) => [name, value]));

const IGNORED = { works: true, mayAssume: true };
const ENDED = { works: false, mayAssume: false, outcome: 'ended', removed: true, sessionsEnded: true };

/** The first layer is switched off, and shown to be: the planned end alone ends nothing any more. */
async function withoutDates(house: House, open: Open) {
  house.stage.aws.dials.setIgnoreDates(true);
  return house.worksPastEnd(open);
}

/** What is left when the row says that it is over. */
async function leftOf(house: House, open: Open) {
  const { outcome, grants } = await house.closed(open);
  return {
    works: await house.works(open),
    mayAssume: await house.mayAssume(open),
    outcome,
    removed: grants.every(({ accessRemoved }) => accessRemoved !== undefined),
    sessionsEnded: grants.every((grant) => grant.sessionsEnded !== undefined),
  };
}

function grantOf(opened: ReadonlyMap<House, Open>, house: House): Open {
  const open = opened.get(house);
  if (open === undefined) throw new Error('nothing was opened');
  return open;
}

const SWEPT = 'the sweep did what the queue had left undone';

describe('each of the three layers alone ends access, on both queue backends', () => {
  afterEach(() => {
    for (const { stage } of houses.values()) stage.aws.dials.setIgnoreDates(false);
  });

  it('the cloud, with broker, worker, Redis and PostgreSQL dead (D1, D2)', async () => {
    const opened = new Map<House, Open>();
    await onEach(async (house) => {
      await house.start({});
      opened.set(house, await house.open());
    });
    await Promise.all([...houses.values()].map((house) => house.kill()));
    await Promise.all([servers.redis?.kill(), servers.stopPostgres()]);
    try {
      const seen = await onEach(async (house) => {
        const open = grantOf(opened, house);
        const before = await house.works(open);
        await until(() => new Date() > open.plannedEnd, 'the planned end to pass');
        return { before, works: await house.works(open), mayAssume: await house.mayAssume(open) };
      });
      expect(seen).toEqual(each({ before: true, works: false, mayAssume: false }));
    } finally {
      await Promise.all([servers.redis?.start(), servers.startPostgres()]);
    }
    // Whoever comes back finds it ended, and records the cloud's own end as the proof.
    const proofs = await onEach(async (house) => {
      await house.start({ sweepMs: 1_000 });
      const open = grantOf(opened, house);
      return { ...(await leftOf(house, open)), by: await house.provenBy(open) };
    });
    expect(proofs).toEqual(each({ ...ENDED, by: 'native_end' }));
  }, 120_000);

  it('the delayed job, with a cloud that ignores dates and no sweep (D1, D2)', async () => {
    const seen = await onEach(async (house) => {
      const bot = await house.start({ sweep: false });
      const open = await house.open();
      const ignored = await withoutDates(house, open);
      return { ignored, left: await leftOf(house, open), swept: bot.log().includes(SWEPT) };
    });
    expect(seen).toEqual(each({ ignored: IGNORED, left: ENDED, swept: false }));
  }, 120_000);

  it('the sweep, with a cloud that ignores dates and a queue that was wiped (D1, D2)', async () => {
    const seen = await onEach(async (house) => {
      await house.start({ sweepMs: 1_000 });
      const open = await house.open();
      const ignored = await withoutDates(house, open);
      await house.wipeQueue();
      return { ignored, left: await leftOf(house, open) };
    });
    expect(seen).toEqual(each({ ignored: IGNORED, left: ENDED }));
  }, 120_000);

  it('the sweep, with a cloud that ignores dates and no queue at all (D1, D2)', async () => {
    const seen = await onEach(async (house) => {
      const bot = await house.start({ sweepMs: 1_000 });
      const open = await house.open();
      const ignored = await withoutDates(house, open);
      await house.removeQueue();
      return { ignored, left: await leftOf(house, open), swept: bot.log().includes(SWEPT) };
    });
    expect(seen).toEqual(each({ ignored: IGNORED, left: ENDED, swept: true }));
  }, 120_000);
});
