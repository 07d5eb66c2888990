import { SYSTEM_STREAM } from '../../../src/core/events.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import { workFor } from '../../../src/core/request/work.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import { withClient } from '../../support/database.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS, MINUTE, SYSTEM } from '../../support/requests.ts';

/** What the first version knew of durations. */
const TIMINGS = ['decisionSeconds', 'openingAllowanceSeconds', 'propagationSeconds', 'warnSeconds'];

/** Policy and requests as the first version left them, before more time, freezing and paging were known. */
describe('after an upgrade, by what the version before had written', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
    await desk.opened('O1');
    await desk.opened('O2');
    await desk.ask('O3');
    const inForce = await desk.store.policyInForce();
    if (inForce === undefined) throw new Error('no policy');
    const { security: _later, timings, ...policy } = inForce.policy;
    const known = Object.fromEntries(Object.entries(timings).filter(([key]) => TIMINGS.includes(key)));
    await applyPolicy(desk.store, { ...policy, timings: known } as unknown as Policy, '', 'operator:test', inForce);
    await withClient(desk.database.adminUrl, async (admin) => {
      const older = (held: string) =>
        `(SELECT jsonb_object_agg(key, value) FROM jsonb_each(${held}) WHERE key = ANY($1))`;
      // What was asked is never edited, not even by the superuser, while the triggers are on.
      await admin.query('SET session_replication_role = replica');
      const path = '{details,terms,timings}';
      await admin.query(
        `UPDATE requests SET document =
           jsonb_set(document #- '{details,terms,maxTotalMinutes}', '${path}', ${older(`document #> '${path}'`)})`,
        [TIMINGS],
      );
    });
  });
  afterAll(() => desk.close());

  const sasha = { type: 'person', key: KEYS.sasha } as const;
  const riley = { type: 'person', key: KEYS.riley } as const;
  it('everything that is owed has a time, and what is due is found', async () => {
    for (const id of ['O1', 'O2', 'O3']) {
      const work = workFor(await desk.row(id));
      expect(work.map(({ dueAt }) => Number.isNaN(dueAt.getTime()))).not.toContain(true);
      expect(work.length).toBeGreaterThan(0);
    }
    expect((await desk.row('O1')).request.details.terms).toMatchObject({
      maxTotalMinutes: 0,
      timings: { extendUntilSeconds: 120, pageEverySeconds: 300 },
    });
    desk.wait(2 * MINUTE);
    await desk.perform('remind', 'O3');
    expect((await desk.row('O3')).request).toMatchObject({ state: 'pending', reminded: 1 });
  });

  it('no more time is added: nobody said how much of it there may be (B8)', async () => {
    const { request } = await desk.row('O1');
    if (request.state !== 'active') throw new Error('not open');
    const asked = await desk.broker.extend('O1', riley, { minutes: 30, digest: request.details.digest });
    expect(asked).toMatchObject({ refusal: { code: 'over_total' } });
  });

  it('an ending that keeps failing pages whoever approved it and the commander (D6)', async () => {
    await desk.broker.end('O2', riley);
    for (let count = 0; count < 2; count += 1) {
      await desk.store.change('O2', 'test', (row, now) =>
        decide(row?.request, { type: 'revoke_failed', why: 'X' }, SYSTEM, NO_FACTS, now),
      );
    }
    await desk.perform('page', 'O2');
    const { pages } = (await desk.row('O2')).request;
    expect(pages?.people.map(({ id }) => id)).toEqual(['avery', 'casey']);
  });

  it('nobody is of a security group that was never named, and a file that names one can be applied', async () => {
    const freeze = () => desk.broker.freeze(sasha, { all: false, reason: '' });
    expect(await freeze()).toMatchObject({ refusal: { code: 'not_security' } });
    const before = await desk.store.policyInForce();
    if (before === undefined) throw new Error('no policy');
    const next = { ...before.policy, security: { teams: ['security'], page: [] } };
    await applyPolicy(desk.store, next, '', 'operator:test', before);
    const changed = (await desk.store.events(SYSTEM_STREAM)).findLast(({ type }) => type === 'policy_changed');
    expect(changed?.data.changes).toEqual([
      'Teams that may freeze, thaw and attest (security.teams): security (was nobody).',
    ]);
    expect((await freeze()).ok).toBe(true);
  });
});
