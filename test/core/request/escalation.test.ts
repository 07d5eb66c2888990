import fc from 'fast-check';
import { decide } from '../../../src/core/request/decide.ts';
import { type Able, peopleToRemind, STEPS, stepDue } from '../../../src/core/request/escalation.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest, Party } from '../../../src/core/request/request.ts';
import { workFor } from '../../../src/core/request/work.ts';
import {
  accepted,
  type CastName,
  KEYS,
  MINUTE,
  after as plus,
  SECOND,
  START,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

type Pending = Extract<AccessRequest, { state: 'pending' }>;

const pending = (change: Partial<Pending['details']['terms']['timings']> = {}): Pending => {
  const { request } = walkTo('pending');
  if (request.state !== 'pending') throw new Error('not pending');
  const timings = { ...request.details.terms.timings, ...change };
  const decideBy = plus(request.details.askedAt, timings.decisionSeconds * SECOND);
  return { ...request, details: { ...request.details, decideBy, terms: { ...request.details.terms, timings } } };
};
const party = (id: CastName): Party => ({ id, name: id, keys: [KEYS[id]] });
const able = (id: CastName, first = false): Able => ({ ...party(id), first });
const idsOf = (people: readonly Party[]) => people.map(({ id }) => id);
const remind = (request: AccessRequest, step: number, now: Date, people: readonly Party[] = []) =>
  decide(request, { type: 'remind', step, people }, SYSTEM, NO_FACTS, now);
const rowOf = (request: AccessRequest) => ({
  request,
  version: 1,
  seq: 1,
  chats: {},
  drawnVersion: 1,
  postedSeq: 1,
  updatedAt: START,
});
const reminderOf = (request: AccessRequest) => workFor(rowOf(request)).find(({ name }) => name === 'remind');

describe('reminding while nobody answers (B6)', () => {
  it('takes its four steps at their times, each once, and then only lapses', () => {
    let request: AccessRequest = pending();
    const made: [tier: unknown, minute: number][] = [];
    for (let work = reminderOf(request); work !== undefined; work = reminderOf(request)) {
      const at = work.dueAt;
      expect(remind(request, made.length, plus(at, -1)).ok).toBe(false);
      const { next, events } = accepted(remind(request, made.length, at));
      expect(remind(next, made.length, at).ok).toBe(false);
      made.push([events[0]?.data.tier, (at.getTime() - START.getTime()) / MINUTE]);
      request = next;
    }
    expect(made).toEqual([
      ['on_call', 2],
      ['on_call', 5],
      ['everybody', 8],
      ['commander', 11],
    ]);
    expect(workFor(rowOf(request)).map(({ name }) => name)).toEqual(['invite', 'lapse']);
  });

  it('never takes a step early, twice, before one that was made, or once the request can only lapse, whatever the settings', () => {
    const seconds = fc.integer({ min: 1, max: 1200 });
    const settings = fc.record({
      remindSeconds: seconds,
      remindAgainSeconds: seconds,
      escalateSeconds: seconds,
      commanderSeconds: seconds,
      decisionSeconds: seconds,
    });
    const tries = fc.array(fc.record({ step: fc.integer({ min: 0, max: 4 }), after: seconds }), { maxLength: 30 });
    fc.assert(
      fc.property(settings, tries, (timings, attempts) => {
        let request: AccessRequest = pending(timings);
        let steps = 0;
        const dueAt = (step: number) => timings[STEPS[step]?.setting ?? 'decisionSeconds'];
        for (const { step, after } of attempts.toSorted((a, b) => a.after - b.after)) {
          const said = remind(request, step, plus(START, after * SECOND));
          // Passed over: every step from the first that is open on is due, and only those that remind again are left out.
          const all = STEPS.map((_, number) => number).filter((number) => number >= steps && number <= step);
          const right =
            step >= steps &&
            step < STEPS.length &&
            all.every((number) => after >= dueAt(number) && (number === step || STEPS[number]?.tier === 'on_call')) &&
            after < timings.decisionSeconds;
          expect(said.ok).toBe(right);
          if (!said.ok) continue;
          request = said.next;
          steps = step + 1;
        }
        const owed = reminderOf(request);
        if (owed) expect(owed.dueAt < plus(START, timings.decisionSeconds * SECOND)).toBe(true);
      }),
    );
  });

  it('passes over late steps that only remind again, and names no time that is past', () => {
    const request = pending();
    const late = plus(START, 9 * MINUTE);
    expect(stepDue(request, plus(START, 2 * MINUTE))?.number).toBe(0);
    expect(stepDue(request, plus(START, 6 * MINUTE))?.number).toBe(1);
    expect(stepDue(request, late)?.number).toBe(2);
    const { next, events } = accepted(remind(request, 2, late, [party('blake')]));
    expect(events[0]?.data).toMatchObject({ tier: 'everybody', next: { tier: 'commander' } });
    expect(reminderOf(next)?.dueAt).toEqual(plus(START, 11 * MINUTE));
    expect(remind(request, 3, late).ok).toBe(false);
    // Both are due, and ask different people: both are made.
    const both = accepted(remind(request, 2, plus(START, 12 * MINUTE)));
    expect(both.events[0]?.data.next).toBeUndefined();
    expect(stepDue(both.next as Pending, plus(START, 12 * MINUTE))?.number).toBe(3);
  });

  it('says in a step, and when it lapses, that openings are frozen: no approval would count (B11)', () => {
    const frozen = { at: START, by: { id: 'sasha', name: 'Sasha' }, reason: 'a leak', all: false, lifts: [] };
    const facts = { ...NO_FACTS, frozen };
    const request = pending();
    const step = accepted(
      decide(request, { type: 'remind', step: 0, people: [] }, SYSTEM, facts, plus(START, 2 * MINUTE)),
    );
    expect(step.events[0]?.data).toMatchObject({ frozen: { by: 'Sasha', reason: 'a leak' } });
    const held = accepted(decide(request, { type: 'note_freeze' }, SYSTEM, facts, START)).next;
    const over = accepted(decide(held, { type: 'lapse' }, SYSTEM, NO_FACTS, request.details.decideBy));
    expect(over.events[0]).toMatchObject({ type: 'request_lapsed', data: { frozen: { by: 'Sasha' } } });
    expect(accepted(remind(request, 0, plus(START, 2 * MINUTE))).events[0]?.data.frozen).toBeUndefined();
  });

  it('gives each step a job of its own, also where two are due at one instant', () => {
    const request = pending({ remindAgainSeconds: 120 });
    const { next } = accepted(remind(request, 0, plus(START, 2 * MINUTE)));
    expect(reminderOf(next)?.dueAt).toEqual(reminderOf(request)?.dueAt);
    expect(reminderOf(next)?.generation).not.toBe(reminderOf(request)?.generation);
  });

  it('asks who is on call now, then whoever else could approve and was not asked, then the commander', () => {
    const request = pending();
    const all = [able('avery', true), able('blake')];
    expect(idsOf(peopleToRemind(request, 'on_call', all))).toEqual(['avery']);
    expect(idsOf(peopleToRemind(request, 'everybody', all))).toEqual(['blake']);
    expect(idsOf(peopleToRemind(request, 'commander', all))).toEqual(['casey']);
    const shifted = [able('avery'), able('sasha', true)];
    expect(idsOf(peopleToRemind(request, 'on_call', shifted))).toEqual(['sasha']);
    expect(idsOf(peopleToRemind(request, 'everybody', shifted))).toEqual(['sasha']);
  });

  it('asks nobody who approved already, and those who could when it was asked if the directory is silent', () => {
    const { request } = walkTo('pending', { input: { role: 'rotate-keys' } });
    if (request.state !== 'pending') throw new Error('not pending');
    const approvals = [
      {
        by: party('avery'),
        key: KEYS.avery,
        at: START,
        teams: [],
        digest: '',
        assurance: 'chat',
        incidentVerified: true,
      },
    ] as const;
    expect(idsOf(peopleToRemind({ ...request, approvals }, 'on_call', undefined))).toEqual(['sasha']);
    expect(idsOf(peopleToRemind({ ...request, approvals }, 'everybody', undefined))).toEqual(['blake', 'quinn']);
  });

  it('remembers whom it asked besides the invited: they may deny, and the lapse names them', () => {
    const asked = accepted(remind(pending(), 0, plus(START, 2 * MINUTE), [party('avery'), party('sasha')])).next;
    expect(asked.escalatedTo?.map(({ id }) => id)).toEqual(['sasha']);
    const sasha = { type: 'person', key: KEYS.sasha } as const;
    expect(decide(asked, { type: 'deny', reason: 'no' }, sasha, NO_FACTS, plus(START, 3 * MINUTE)).ok).toBe(true);
    expect(decide(pending(), { type: 'deny', reason: 'no' }, sasha, NO_FACTS, plus(START, 3 * MINUTE)).ok).toBe(false);
    const lapsed = accepted(decide(asked, { type: 'lapse' }, SYSTEM, NO_FACTS, plus(START, 15 * MINUTE)));
    expect(lapsed.events[0]).toEqual({ type: 'request_lapsed', data: { asked: ['avery', 'sasha'] } });
  });
});
