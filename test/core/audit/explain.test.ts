import { difference, type StoredGrant, type StoredRow, shown } from '../../../src/core/audit/explain.ts';
import { OPENER_SECONDS } from '../../../src/core/request/work.ts';
import { after, SECOND, START, walkTo } from '../../support/requests.ts';

describe('where two values of JSON differ (E4)', () => {
  it.each<[replayed: unknown, stored: unknown, path: readonly string[] | undefined]>([
    [1, 1, undefined],
    [undefined, undefined, undefined],
    [1, 2, []],
    ['a', 'b', []],
    [null, {}, []],
    [{}, null, []],
    [1, {}, []],
    [{}, 1, []],
    [undefined, [1], []],
    [[], { length: 0 }, []],
    [{ length: 0 }, [], []],
    [[1, 2], [1, 2], undefined],
    [[1, 2], [1, 3], ['1']],
    [[1], [1, 2], []],
    [[1, 2], [1], []],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, undefined],
    [{ a: { b: [1] } }, { a: { b: [2] } }, ['a', 'b', '0']],
    [{ a: 1 }, {}, ['a']],
    [{}, { a: 1 }, ['a']],
    [{ a: undefined }, {}, undefined],
    [{ toString: 1 }, {}, ['toString']],
    [{}, JSON.parse('{"__proto__":1}'), ['__proto__']],
    [JSON.parse('{"__proto__":{}}'), {}, ['__proto__']],
  ])('%j and %j: at %j', (replayed, stored, path) => {
    expect(difference(replayed, stored)).toEqual(path);
  });

  it('is said without what the row’s writer chose', () => {
    expect(shown(['approvals', '0', 'by'])).toBe('approvals.0.by');
    expect(shown(['<!channel>', 'x y', ''])).toBe('?.?.?');
    expect(shown(['a'.repeat(40)])).toBe('a'.repeat(40));
    expect(shown(['a'.repeat(41)])).toBe('?');
    expect(shown(Array.from({ length: 200 }, () => 'a'))).toHaveLength(160);
  });
});

type Place = Parameters<typeof walkTo>[0];
const changed = (state: Place, change: Partial<StoredRow>) => {
  const { kept } = walkTo(state);
  return kept.problem({ ...kept.row(), ...change });
};
const inDocument = (state: Place, change: Record<string, unknown>) => {
  const { document } = walkTo(state).kept.row();
  return changed(state, { document: { ...document, ...change } });
};
const inGrant = (state: Place, change: Partial<StoredGrant>) =>
  changed(state, {
    grants: walkTo(state)
      .kept.row()
      .grants.map((grant) => ({ ...grant, ...change })),
  });
const differs = (what: string) => `${what} is not what its events say`;

describe('a row that its events explain (E4)', () => {
  it.each<Place>(['pending', 'granting', 'planned', 'active', 'revoking', 'removed', 'closed'])(
    'is explained: %s',
    (state) => {
      expect(changed(state, {})).toBeUndefined();
    },
  );

  it.each<[what: string, problem: string | undefined, words: string]>([
    ['a document that is a text', changed('active', { document: 'x' }), differs('the document')],
    ['no document', changed('active', { document: null }), differs('the document')],
    ['a document that is a list', changed('active', { document: [] }), differs('the document')],
    ['a field that no version writes', inDocument('active', { free: 1 }), differs('free')],
    ['a field that says more', inDocument('pending', { endsAt: START.toISOString() }), differs('endsAt')],
    ['a field that says something else', inDocument('active', { warnedAt: 'x' }), differs('warnedAt')],
    ['another id', changed('active', { id: 'R2' }), differs('column id')],
    ['another state', changed('active', { state: 'closed' }), differs('column state')],
    ['an outcome before the end', changed('active', { outcome: 'ended' }), differs('column outcome')],
    ['no outcome after the end', changed('closed', { outcome: 'none' }), differs('column outcome')],
    ['another time to open by', changed('granting', { grantBy: START }), differs('column grant_by')],
    ['another end', changed('active', { endsAt: START }), differs('column ends_at')],
    ['a grant’s row that is gone', changed('active', { grants: [] }), differs('the row of a grant')],
    ['a grant’s row of another id', inGrant('active', { id: 'R9' }), differs('the row of a grant')],
    ['another planned end', inGrant('active', { plannedEnd: START }), differs('column planned_end of a grant')],
    ['another opening', inGrant('active', { confirmedAt: START }), differs('column confirmed_at of a grant')],
    ['another end of a grant', inGrant('active', { endsAt: START }), differs('column ends_at of a grant')],
    ['another removal', inGrant('removed', { accessRemovedAt: START }), differs('column access_removed_at of a grant')],
    [
      'another end of sessions',
      inGrant('closed', { sessionsEndedAt: START }),
      differs('column sessions_ended_at of a grant'),
    ],
    [
      'a tombstone that stands',
      inGrant('closed', { tombstoneDeletedAt: START }),
      differs('column tombstone_deleted_at of a grant'),
    ],
    ['another plan', inGrant('active', { plan: { name: 'x' } }), differs('column plan of a grant')],
    ['no plan', inGrant('active', { plan: null }), differs('column plan of a grant')],
    ['one event less', changed('active', { seq: 4 }), 'its row counts 4 events, and there are 5'],
  ])('is not with %s', (_what, problem, words) => {
    expect(problem).toBe(words);
  });

  it('may leave out what is nowhere: a plan that was not made is null in SQL', () => {
    expect(inGrant('granting', { plan: null })).toBeUndefined();
  });
});

const aMomentAfter = (at: Date): Date => after(at, 1);

describe('when the sweep looks at a row (E4)', () => {
  const PUT_OFF = 'column state_work_at puts its ending off';
  const by: Readonly<Partial<Record<Place, () => Date>>> = {
    pending: () => walkTo('pending').request.details.decideBy,
    granting: () => walkTo('granting').kept.row().grantBy ?? START,
    active: () => walkTo('active').kept.row().endsAt ?? START,
    revoking: () => walkTo('revoking').now,
    removed: () => {
      const { now, request } = walkTo('removed');
      return after(now, (request.details.terms.timings.propagationSeconds + OPENER_SECONDS) * SECOND);
    },
  };

  it.each(Object.keys(by) as Place[])('is no later than its next act is due: %s', (state) => {
    const due = by[state]?.() ?? START;
    expect(changed(state, { stateWorkAt: due })).toBeUndefined();
    expect(changed(state, { stateWorkAt: aMomentAfter(due) })).toBe(PUT_OFF);
    expect(changed(state, { stateWorkAt: undefined })).toBe(PUT_OFF);
  });

  it('does not matter where nothing is left to end', () => {
    expect(changed('closed', { stateWorkAt: undefined })).toBeUndefined();
  });
});
