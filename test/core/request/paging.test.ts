import fc from 'fast-check';
import type { Directory } from '../../../src/core/policy/directory.ts';
import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { withoutEnding } from '../../../src/core/request/decide-ending.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import { onDuty, PAGE_MAX, peopleToPage } from '../../../src/core/request/paging.ts';
import type { AccessRequest, Party } from '../../../src/core/request/request.ts';
import { workFor } from '../../../src/core/request/work.ts';
import {
  accepted,
  aDirectory,
  aPolicy,
  type CastName,
  KEYS,
  MINUTE,
  after as plus,
  SECOND,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

type Revoking = Extract<AccessRequest, { state: 'revoking' }>;

const { request: fresh, now: ENDED } = walkTo('revoking');
const by = (request: AccessRequest, command: Command, now: Date) => decide(request, command, SYSTEM, NO_FACTS, now);
const fail = (request: AccessRequest, now: Date): AccessRequest =>
  accepted(by(request, { type: 'revoke_failed', why: 'PROVIDER_UNAVAILABLE' }, now)).next;
const party = (id: CastName): Party => ({ id, name: id, keys: [KEYS[id]] });
const begin = (round: number): Command => ({ type: 'page_begun', round, people: [party('sasha'), party('casey')] });
const paged = (round: number, reached: readonly string[], again: readonly string[] = []): Command => ({
  type: 'paged',
  round,
  reached,
  missed: again,
  again,
});
const pagesOf = (request: AccessRequest) =>
  workFor({ request, version: 1, seq: 1, chats: {}, drawnVersion: 1, postedSeq: 1, updatedAt: ENDED })
    .filter(({ name }) => name === 'page' || name === 'stand_down')
    .map(({ name, generation, dueAt }) => [name, generation, (dueAt.getTime() - ENDED.getTime()) / SECOND]);
const revoking = (request: AccessRequest): Revoking => {
  if (request.state !== 'revoking') throw new Error('not revoking');
  return request;
};
/** Failing twice, the first time at `ENDED`. */
const failing = fail(fail(fresh, ENDED), plus(ENDED, SECOND));

describe('paging about an ending that keeps failing (D6)', () => {
  it('is owed from the second failure on, not at the first, and again every five minutes', () => {
    expect(pagesOf(fail(fresh, ENDED))).toEqual([]);
    expect(by(fail(fresh, ENDED), begin(1), plus(ENDED, MINUTE)).ok).toBe(false);
    expect(pagesOf(failing)).toEqual([['page', 'p1', 0]]);
    const begun = accepted(by(failing, begin(1), plus(ENDED, 2 * SECOND)));
    expect(begun.events).toEqual([]);
    // Until its outcome is known the round stays owed: whoever began it may have died.
    expect(pagesOf(begun.next)).toEqual([
      ['page', 'p1', 2],
      ['page', 'p2', 302],
    ]);
    const done = accepted(by(begun.next, paged(1, ['sasha', 'casey']), plus(ENDED, 3 * SECOND)));
    expect(done.events).toEqual([
      { type: 'oncall_paged', data: { count: 1, reached: ['sasha', 'casey'], missed: [] } },
    ]);
    expect(pagesOf(done.next)).toEqual([['page', 'p2', 302]]);
    expect(by(done.next, begin(2), plus(ENDED, 301 * SECOND))).toMatchObject({ refusal: { code: 'not_due' } });
    expect(by(done.next, begin(2), plus(ENDED, 302 * SECOND)).ok).toBe(true);
  });

  it('is not owed once the cloud answered in between', () => {
    const { next } = accepted(by(failing, begin(1), plus(ENDED, 2 * SECOND)));
    const proof = { readAt: plus(ENDED, 3 * SECOND), contested: false, hashes: {} };
    const removed = accepted(
      by(next, { type: 'revoke_confirmed', grantId: 'R1', proof }, plus(ENDED, 3 * SECOND)),
    ).next;
    expect(pagesOf(removed)).toEqual([]);
    expect(pagesOf(fail(removed, plus(ENDED, 4 * SECOND)))).toEqual([]);
  });

  it('begins each round once: of two workers the second makes the same one, and adds only whom it reached besides', () => {
    const at = plus(ENDED, 2 * SECOND);
    const { next } = accepted(by(failing, begin(1), at));
    expect(by(next, begin(1), at).ok).toBe(false);
    const first = accepted(by(next, paged(1, ['sasha'], ['casey', 'pager:PagerDuty']), at)).next;
    expect(pagesOf(first)[0]).toEqual(['page', 'p1', 2]);
    expect(by(first, paged(1, ['sasha'], ['casey', 'pager:PagerDuty']), at).ok).toBe(false);
    const second = accepted(by(first, paged(1, ['sasha', 'pager:PagerDuty'], ['casey']), at));
    expect(second.events[0]?.data).toEqual({ count: 1, reached: ['pager:PagerDuty'], missed: ['casey'] });
    expect(revoking(second.next).pages).toMatchObject({ notified: [party('sasha')], again: ['casey'] });
    expect(by(second.next, paged(2, ['casey']), at).ok).toBe(false);
    // Whoever turns out not to be reachable at all is not tried for ever.
    const refused = accepted(by(second.next, paged(1, []), at));
    expect(refused.events).toEqual([]);
    expect(revoking(refused.next).pages?.again).toEqual([]);
  });

  it('is called off once the request is closed, also a round that nobody knows the outcome of, and one that came late', () => {
    const at = plus(ENDED, 2 * SECOND);
    const { next } = accepted(by(failing, begin(1), at));
    const closed: AccessRequest = {
      ...withoutEnding(revoking(next)),
      state: 'closed',
      outcome: 'ended_unproven',
      closedAt: plus(at, MINUTE),
    };
    expect(pagesOf(closed)).toEqual([['stand_down', 'p1', 62]]);
    const half = accepted(by(closed, { type: 'stood_down', again: ['pager:webhook'], resolved: {} }, plus(at, MINUTE)));
    expect(half.events).toEqual([{ type: 'page_resolved', data: { pages: 1 } }]);
    expect(pagesOf(half.next)).toEqual([['stand_down', 'p1', 62]]);
    const whole = accepted(by(half.next, { type: 'stood_down', again: [], resolved: {} }, plus(at, 2 * MINUTE)));
    expect(whole.events).toEqual([]);
    expect(pagesOf(whole.next)).toEqual([]);
    // How far a pager came is kept, and counts as a step though it is not done.
    const further = { type: 'stood_down', again: ['pager:webhook'], resolved: { 'pager:webhook': 1 } } as const;
    expect(accepted(by(half.next, further, plus(at, 2 * MINUTE))).next.pages?.resolved).toEqual({ 'pager:webhook': 1 });
    const one = accepted(by(half.next, further, plus(at, 2 * MINUTE))).next;
    expect(by(one, further, plus(at, 3 * MINUTE)).ok).toBe(false);
    const both = accepted(by(one, { ...further, resolved: { pagerduty: 1 } }, plus(at, 3 * MINUTE))).next;
    expect(both.pages?.resolved).toEqual({ 'pager:webhook': 1, pagerduty: 1 });
    expect(by(half.next, { ...further, resolved: {} }, plus(at, 2 * MINUTE)).ok).toBe(false);
    expect(by(whole.next, { type: 'stood_down', again: [], resolved: {} }, plus(at, 3 * MINUTE)).ok).toBe(false);
    const late = accepted(by(whole.next, paged(1, ['sasha']), plus(at, 3 * MINUTE))).next;
    expect(pagesOf(late)).toEqual([['stand_down', 'p1', 62]]);
  });

  it('is owed from the first time that somebody takes the ending back, once for each time, though each removal succeeds', () => {
    let request: AccessRequest = fresh;
    let now = ENDED;
    const removed = (): void => {
      const proof = { readAt: now, contested: false, hashes: {} };
      request = accepted(by(request, { type: 'revoke_confirmed', grantId: 'R1', proof }, now)).next;
    };
    const undone = (): void => {
      now = plus(now, 4 * MINUTE);
      const readAt = revoking(request).grants[0]?.accessRemoved?.readAt ?? now;
      request = accepted(by(request, { type: 'removal_lost', grantId: 'R1', readAt }, now)).next;
      removed();
    };
    removed();
    expect(pagesOf(request)).toEqual([]);
    undone();
    expect(revoking(request)).toMatchObject({ failures: 0, undone: { times: 1, at: now } });
    expect(pagesOf(request)).toEqual([['page', 'p1', 240]]);
    request = accepted(by(request, begin(1), now)).next;
    // Owed until its outcome is known, though the ending went through; then not again for the same deed.
    expect(pagesOf(request)).toEqual([['page', 'p1', 240]]);
    const done = accepted(by(request, paged(1, ['sasha']), now));
    expect(done.events[0]?.data).toMatchObject({ undone: 1 });
    request = done.next;
    expect(pagesOf(request)).toEqual([]);
    undone();
    expect(pagesOf(request)).toEqual([['page', 'p2', 540]]);
  });

  it('tells those whom a process may have paged before it died that it is over, in whichever round', () => {
    const at = plus(ENDED, 2 * SECOND);
    const first = accepted(by(failing, { ...begin(1), people: [party('quinn')] } as Command, at)).next;
    const second = accepted(by(first, begin(2), plus(at, 5 * MINUTE))).next;
    const half = accepted(by(second, paged(2, ['sasha'], ['casey']), plus(at, 5 * MINUTE))).next;
    const closed: AccessRequest = {
      ...withoutEnding(revoking(half)),
      state: 'closed',
      outcome: 'ended_unproven',
      closedAt: plus(at, 6 * MINUTE),
    };
    const over = accepted(by(closed, { type: 'stood_down', again: [], resolved: {} }, plus(at, 6 * MINUTE))).next;
    expect(over.pages?.notified.map(({ id }) => id)).toEqual(['quinn', 'sasha', 'casey']);
  });

  it('never begins a round below two failures, early, or out of turn, whatever happens in between', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('fail', 'begin', 'paged', 'removed', 'lost'),
        wait: fc.integer({ min: 0, max: 400 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let request: AccessRequest = fresh;
        let now = ENDED;
        let last: { readonly round: number; readonly at: Date } | undefined;
        for (const { what, wait } of all) {
          now = plus(now, wait * SECOND);
          const failures = revoking(request).failures;
          const round = (last?.round ?? 0) + 1;
          const commands: Readonly<Record<string, Command>> = {
            fail: { type: 'revoke_failed', why: 'x' },
            begin: begin(round),
            paged: paged(round - 1, ['sasha']),
            removed: { type: 'revoke_confirmed', grantId: 'R1', proof: { readAt: now, contested: false, hashes: {} } },
            lost: {
              type: 'removal_lost',
              grantId: 'R1',
              readAt: revoking(request).grants[0]?.accessRemoved?.readAt ?? now,
            },
          };
          const said = by(request, commands[what] ?? begin(round), now);
          if (!said.ok) continue;
          if (what === 'begin') {
            if (revoking(request).undone === undefined) expect(failures).toBeGreaterThanOrEqual(2);
            if (last) expect(now.getTime() - last.at.getTime()).toBeGreaterThanOrEqual(300 * SECOND);
            last = { round, at: now };
          }
          request = said.next;
          expect(revoking(request).pages?.count ?? 0).toBe(last?.round ?? 0);
        }
      }),
    );
  });
});

describe('who is paged', () => {
  const policy = (teams: string[], page: string[] = []) => aPolicy({ security: { teams, page } });
  const directory = aDirectory();
  const ids = (...args: Parameters<typeof peopleToPage>) => peopleToPage(...args).map(({ id }) => id);
  const off: Directory = { ...directory, onCall: {} };

  it.each<[promise: string, policy: ReturnType<typeof policy>, directory: Directory, who: string[]]>([
    ['on call of the teams to page', policy(['security'], ['platform']), directory, ['avery', 'casey']],
    [
      'else on call of the security teams',
      policy(['security'], ['platform']),
      { ...directory, onCall: { security: ['sasha'] } },
      ['sasha', 'casey'],
    ],
    [
      'else everybody of them',
      policy(['security'], ['platform']),
      off,
      ['avery', 'blake', 'sasha', 'quinn', 'jordan', 'casey'],
    ],
    ['else, where no team is named, who approved', policy([]), directory, ['avery', 'casey']],
  ])('%s, and the commander', (_promise, inForce, there, who) => {
    expect(ids(revoking(failing), inForce, there)).toEqual(who);
  });

  it('is who approved, and the commander, when the directory or the policy does not answer', () => {
    expect(ids(revoking(failing), policy(['security']), undefined)).toEqual(['avery', 'casey']);
    expect(ids(revoking(failing), undefined, directory)).toEqual(['avery', 'casey']);
  });

  it('is nobody who is suspended, and no more than ten of the teams', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      id: `p${index}`,
      name: 'P',
      teams: ['security'],
      chats: { slack: [] },
      clouds: {},
    }));
    expect(onDuty(policy(['security']), { ...off, people: many })).toHaveLength(PAGE_MAX);
    const suspended = directory.people.map((one) => ({ ...one, suspended: one.teams.includes('security') }));
    expect(onDuty(policy(['security']), { ...directory, people: suspended })).toEqual([]);
  });
});
