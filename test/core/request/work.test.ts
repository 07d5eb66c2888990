import { decide } from '../../../src/core/request/decide.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { nextWorkAt, type Row, sessionsEndBy, warnAt, workFor } from '../../../src/core/request/work.ts';
import {
  accepted,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  SECOND,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const rowIn = (state: Step['state'], shown = true): Row => {
  const { request, now, events } = walkTo(state);
  const seq = events.length;
  const far = { drawnVersion: shown ? 3 : 2, postedSeq: shown ? seq : seq - 1 };
  return { request, version: 3, seq, chats: { slack: far }, ...far, updatedAt: now };
};
const namesIn = (state: Step['state'], shown = true) => workFor(rowIn(state, shown)).map(({ name }) => name);

describe('work is derived from the row', () => {
  it.each<[state: Step['state'], work: string[]]>([
    ['pending', ['invite', 'remind', 'lapse']],
    ['granting', ['grant']],
    ['planned', ['grant']],
    ['active', ['warn', 'expire']],
    ['revoking', ['revoke']],
    ['removed', ['verify_sessions', 'observe']],
    ['closed', ['delete_tombstone']],
  ])('%s owes %j, and card and posts until they are shown', (state, work) => {
    expect(namesIn(state)).toEqual(work);
    expect(namesIn(state, false)).toEqual([...work, 'draw', 'post']);
  });

  it('owes card and posts to each chat by itself: what one has shown hides nothing that another owes', () => {
    const row = rowIn('active');
    const { version, seq } = row;
    const owed = workFor({
      ...row,
      chats: {
        slack: { drawnVersion: version, postedSeq: seq },
        plain: { drawnVersion: version - 1, postedSeq: seq },
        other: { drawnVersion: 0, postedSeq: 0 },
      },
    }).filter(({ chat }) => chat !== undefined);
    expect(owed.map(({ name, chat }) => `${name} ${chat}`)).toEqual(['draw plain', 'draw other', 'post other']);
    expect(new Set(owed.map(({ name, chat, generation }) => [name, chat, generation].join('-'))).size).toBe(3);
  });

  it('gives an early end another job than the delayed one', () => {
    const row = rowIn('active');
    const [, expire] = workFor(row);
    const ended = decide(row.request, { type: 'end' }, personActor('riley'), NO_FACTS, plus(row.updatedAt, MINUTE));
    const [revoke] = workFor({ ...row, request: accepted(ended).next });
    expect(revoke?.dueAt).toEqual(plus(row.updatedAt, MINUTE));
    expect(expire?.generation).not.toBe(revoke?.generation);
  });

  describe('between removal and proof (D3)', () => {
    const looked = (change: {
      readonly waited?: number;
      readonly propagationSeconds?: number;
      readonly late?: number;
    }) => {
      const row = rowIn('removed');
      const { request } = row;
      const [grant] = request.state === 'revoking' ? request.grants : [];
      const removed = grant?.accessRemoved;
      if (request.state !== 'revoking' || grant === undefined || removed === undefined) throw new Error('not removed');
      const { propagationSeconds = 300, waited = 0 } = change;
      const plannedEnd = plus(removed.readAt, (change.late ?? 600) * SECOND);
      const plan = { ...grant.plan, propagationSeconds, plannedEnd };
      const ending = { ...row, request: { ...request, grants: [{ ...grant, plan }] } };
      return workFor(ending, plus(removed.readAt, waited * SECOND))
        .filter(({ name }) => name === 'observe')
        .map(({ dueAt }) => (dueAt.getTime() - removed.readAt.getTime()) / SECOND);
    };

    it.each([
      [0, [60]],
      [59, [60]],
      [60, [120]],
      [150, [180]],
      [239, [240]],
      [240, []],
      [900, []],
      [-30, [60]],
    ])('looks at the removal every minute until the proof does: after %i s next at %j', (waited, next) => {
      expect(looked({ waited })).toEqual(next);
    });

    it('owes no look where the proof comes within a minute, by propagation or by the planned end', () => {
      expect(looked({ propagationSeconds: 60 })).toEqual([]);
      expect(looked({ propagationSeconds: 1 })).toEqual([]);
      expect(looked({ late: 60 })).toEqual([]);
    });
  });

  it('owes the lapse of more time that was asked, its writing once approved, and nothing once the cloud refused', () => {
    const { request, now } = walkTo('active');
    const { digest } = request.details;
    const asks = { type: 'extend', minutes: 15, digest } as const;
    const asked = accepted(decide(request, asks, personActor('riley'), okFacts(now), now)).next;
    const yes = { type: 'approve', digest: digestShown(asked) } as const;
    const at = plus(now, MINUTE);
    const approved = accepted(decide(asked, yes, personActor('avery'), okFacts(at), at)).next;
    const plans = { type: 'issue_extension', plans: laterPlans(approved) } as const;
    const planned = accepted(decide(approved, plans, SYSTEM, okFacts(at), at)).next;
    const no = { type: 'extension_failed', number: 1, why: 'PROVIDER_CONFLICT' } as const;
    const failed = accepted(decide(planned, no, SYSTEM, okFacts(at), at)).next;
    const owed = (one: AccessRequest) =>
      workFor({ ...rowIn('active'), request: one })
        .filter(({ name }) => name === 'extend' || name === 'lapse_extension')
        .map(({ name, dueAt, generation }) => [name, dueAt, generation]);
    expect(owed(request)).toEqual([]);
    expect(owed(asked)).toEqual([['lapse_extension', plus(now, 15 * MINUTE), 'x1']]);
    expect(owed(approved)).toEqual([['extend', at, 'x1']]);
    expect(owed(planned)).toEqual([['extend', at, 'x1']]);
    expect(owed(failed)).toEqual([]);
  });

  it('knows when sessions end at the latest: by the planned end until the removal was read back', () => {
    const { request, now } = walkTo('removed');
    const [grant] = request.state === 'revoking' ? request.grants : [];
    if (grant === undefined) throw new Error('not revoking');
    const propagated = plus(now, grant.plan.propagationSeconds * SECOND);
    expect(propagated > grant.plan.plannedEnd).toBe(true);
    expect(sessionsEndBy({ ...grant, accessRemoved: undefined })).toEqual(grant.plan.plannedEnd);
    expect(sessionsEndBy(grant)).toEqual(grant.plan.plannedEnd);
    // Nobody saw that the cloud ends it by itself, or it only does so around then: the planned end proves nothing.
    expect(sessionsEndBy({ ...grant, confirmedAt: undefined })).toEqual(propagated);
    expect(sessionsEndBy({ ...grant, plan: { ...grant.plan, nativeEnd: 'scheduled' } })).toEqual(propagated);
  });

  it('is never finished while a tombstone stands, and finished when it is gone', () => {
    const row = rowIn('closed');
    expect(nextWorkAt(row)).toBeDefined();
    if (row.request.state !== 'closed') throw new Error('not closed');
    const deleted = {
      ...row.request,
      grants: row.request.grants.map((grant) => ({ ...grant, tombstoneDeletedAt: row.updatedAt })),
    };
    expect(nextWorkAt({ ...row, request: deleted })).toBeUndefined();
  });

  it('warns five minutes before the end, or after two thirds of a shorter window (D7)', () => {
    const { request } = walkTo('active');
    if (request.state !== 'active') throw new Error('not active');
    expect(warnAt(request)).toEqual(plus(request.endsAt, -5 * MINUTE));
    const grants = request.grants.map((grant) => ({ ...grant, confirmedAt: plus(request.endsAt, -3 * MINUTE) }));
    expect(warnAt({ ...request, grants })).toEqual(plus(request.endsAt, -MINUTE));
  });
});
