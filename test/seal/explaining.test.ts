import fc from 'fast-check';
import { exportBundle } from '../../src/broker/export-bundle.ts';
import { verifyLog } from '../../src/broker/verify-log.ts';
import { CADENCE, fingerprintOf } from '../../src/core/audit/checkpoint.ts';
import { verifyBundle } from '../../src/core/audit/verify-bundle.ts';
import type { Ledger, Round } from '../../src/ports/ledger.ts';
import { explaining, ROUND_MS, sliceOf } from '../../src/seal/explaining.ts';
import { sealOnce } from '../../src/seal/seal-once.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { aKey, bundleOf, textOf } from '../core/audit/sealed-log.ts';
import { silent } from '../store/silent-logger.ts';
import { withClient } from '../support/database.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { HOUR, KEYS, MINUTE } from '../support/requests.ts';

const { privateKey, publicKey } = aKey();
const key = { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) };

describe('the sealer holds rows to their events (E4)', () => {
  let desk: Desk;
  let ledger: Ledger;
  let shouts: string[];
  const logger = {
    ...silent,
    error: (fields: object, words: string) => void shouts.push(`${JSON.stringify(fields)} ${words}`),
  };
  const asApp = (sql: string) => withClient(desk.database.appUrl, (app) => app.query(sql));
  const seal = () =>
    ledger.look((view) => sealOnce(view, { keys: { current: key, next: undefined }, memories: [], cadence: CADENCE }));
  const rename = (name: string) =>
    `UPDATE requests SET document = jsonb_set(document, '{approvals,0,by,name}', '"${name}"') WHERE id = 'C1'`;

  beforeAll(async () => {
    desk = await openDesk();
    ledger = openLedger({ url: desk.database.sealUrl, logger: silent });
    await desk.opened('A1');
    await desk.opened('C1');
    await desk.broker.end('C1', { type: 'person', key: KEYS.riley });
    await desk.perform('revoke', 'C1');
    const frozen = await desk.broker.freeze({ type: 'person', key: KEYS.sasha }, { all: false, reason: 'a leak' });
    if (frozen.ok) await frozen.followed;
  }, 60_000);
  beforeEach(() => {
    shouts = [];
  });
  afterAll(async () => {
    await ledger.close();
    await desk.close();
  });

  it('says nothing where they are', async () => {
    const look = explaining({ ledger, logger });
    await look.run();
    expect(await seal()).toMatchObject({ kind: 'sealed' });
    // Now there are sealed streams, of which a round looks at some.
    await look.run();
    expect(shouts).toEqual([]);
    expect(await seal()).toMatchObject({ kind: 'quiet' });
  });

  it('names a row that is not, alarms, and signs on; names it once, and until it is mended', async () => {
    const look = explaining({ ledger, logger });
    await asApp(rename('Mallory'));
    await look.run();
    expect(shouts).toEqual([expect.stringMatching(/request\/C1.*approvals\.0\.by\.name.*tell security/)]);
    const what = 'approvals.0.by.name_is_not_what_its_events_say';
    expect(await seal()).toMatchObject({
      kind: 'sealed',
      checkpoint: { header: { unexplained: { rows: 1, first: [{ stream: 'request/C1', what }] } } },
    });
    await look.run();
    expect(shouts).toHaveLength(2);
    expect(await seal()).toMatchObject({ kind: 'quiet' });

    const { broken, unexplained, sealed } = await verifyLog(desk.store, publicKey);
    expect([broken, unexplained]).toEqual([undefined, [expect.objectContaining({ stream: 'request/C1' })]]);
    expect(sealed.findings).toEqual([expect.stringMatching(/^checkpoint \d+, .* found 1 row .*request\/C1/)]);

    await asApp(rename('Avery'));
    await look.run();
    const after = await seal();
    expect([after.kind, after.kind === 'sealed' && after.checkpoint.header.unexplained]).toEqual(['sealed', undefined]);
    const { incident } = (await desk.row('C1')).request.details;
    const bundle = bundleOf(textOf(await exportBundle(desk.store, incident.id)));
    expect(verifyBundle(bundle, { publicKey })).toMatchObject({
      broken: [],
      unknown: expect.arrayContaining([expect.stringMatching(/^checkpoint \d+ found 1 row .*request\/C1/)]),
    });
  });

  it('names a freeze that nobody lifted, and a policy that nobody applied', async () => {
    const look = explaining({ ledger, logger });
    await asApp(`UPDATE "freeze" SET document = jsonb_set(document, '{lifts}', '[{}]'); DELETE FROM "freeze"`);
    await asApp(`INSERT INTO policies (number, digest, policy, document, applied_at, applied_by)
      SELECT number + 1, digest, policy, document, now(), applied_by FROM policies`);
    await look.run();
    const sealing = await seal();
    expect(sealing).toMatchObject({
      kind: 'sealed',
      checkpoint: {
        header: {
          unexplained: {
            rows: 2,
            first: [
              { stream: 'system', what: 'no_event_in_the_log_put_policy_2_in_force' },
              { stream: 'system', what: 'the_freeze_of_openings_is_gone,_and_no_event_lifted_it' },
            ],
          },
        },
      },
    });
  });

  it('seals on where the rows cannot be read', async () => {
    const broken: Ledger = { ...ledger, rows: { ...ledger.rows, open: () => Promise.reject(new Error('no right')) } };
    await explaining({ ledger: broken, logger }).run();
    expect(shouts).toEqual([expect.stringContaining('could not be held to their events')]);
    await asApp(rename('Avery'));
    expect((await seal()).kind).not.toBe('refused');
  });
});

describe('a round over all requests', () => {
  /** A ledger in memory: only what a look asks for. Every row is gone and without an event, which nobody ever asked for. */
  function inMemory(streams: number, open: readonly string[]) {
    const ids = Array.from({ length: streams }, (_, at) => `R${String(at).padStart(7, '0')}`);
    const world = {
      now: new Date('2026-03-01T00:00:00.000Z'),
      open,
      asked: [] as string[],
      seen: new Map<string, number>(),
    };
    let round: Round | undefined;
    const ledger = {
      now: async () => world.now,
      newest: async () => ({ header: { streams } }),
      withLock: async (_name: string, _ms: number, work: (signal: AbortSignal) => Promise<unknown>) => ({
        value: await work(new AbortController().signal),
      }),
      rows: {
        evidence: {
          requests: async (wanted: readonly string[]) => {
            world.asked.push(...wanted);
            for (const id of wanted) world.seen.set(id, world.now.getTime());
            return [];
          },
          system: async () => ({ freeze: undefined, policies: [], contents: [], events: [] }),
        },
        open: async (_limit: number, after: string) => world.open.filter((id) => id > after),
        sealed: async (limit: number, after: string) => {
          const from = after === '' ? 0 : Number(after.slice('request/R'.length)) + 1;
          return ids.slice(from, from + limit);
        },
        eventless: async () => [],
        round: async () => round,
        setRound: async (next: Round) => {
          round = next;
        },
        found: async () => [],
        setFound: async () => undefined,
      },
    } as unknown as Ledger;
    return { ids, world, ledger };
  }

  it('looks at each within 24 hours, whatever the process missed of them, and at no more at once than a part', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(10, 3_000, 60_000),
        fc.array(fc.record({ atMinute: fc.nat(1200), forMinutes: fc.nat(100) }), { maxLength: 2 }),
        async (streams, outages) => {
          const { ids, world, ledger } = inMemory(streams, []);
          const began = world.now.getTime();
          let look = explaining({ ledger, logger: silent });
          let most = 0;
          for (let minute = 0; minute < 24 * 60; minute += 5) {
            world.now = new Date(began + minute * MINUTE);
            // A process that was down begins anew, and knows only what the database keeps.
            if (outages.some(({ atMinute, forMinutes }) => minute >= atMinute && minute < atMinute + forMinutes)) {
              look = explaining({ ledger, logger: silent });
              continue;
            }
            world.asked = [];
            await look.run();
            most = Math.max(most, world.asked.length);
          }
          expect(ids.filter((id) => !world.seen.has(id))).toEqual([]);
          expect(most).toBeLessThanOrEqual(5_000);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('costs what is open and a part of the rest, the same each minute however long the log is', async () => {
    const { world, ledger } = inMemory(1_440_000, ['R0000007', 'R0000008']);
    const look = explaining({ ledger, logger: silent });
    const began = world.now.getTime();
    const costs: number[] = [];
    for (let minute = 0; minute < 30; minute += 1) {
      world.now = new Date(began + minute * MINUTE);
      world.asked = [];
      await look.run();
      costs.push(world.asked.length);
    }
    // 1,440,000 streams in 20 hours are 1,200 a minute.
    expect(costs.slice(2).every((cost) => Math.abs(cost - 1_202) <= 52)).toBe(true);
  });

  it('looks once more at what was open a look ago: a row that is only said to be closed', async () => {
    const { world, ledger } = inMemory(0, ['R1', 'R2']);
    const look = explaining({ ledger, logger: silent });
    await look.run();
    world.open = ['R2'];
    world.asked = [];
    await look.run();
    expect([...world.asked].sort()).toEqual(['R1', 'R2']);
  });

  it('catches up with what it missed, and goes no faster than it must', () => {
    const round = { after: '', beganAt: new Date(0), done: 0 };
    expect(sliceOf(round, 20_000, new Date(ROUND_MS / 10))).toBe(2_000);
    expect(sliceOf({ ...round, done: 2_000 }, 20_000, new Date(ROUND_MS / 10))).toBe(50);
    expect(sliceOf(round, 1_000_000, new Date(HOUR))).toBe(5_000);
  });
});
