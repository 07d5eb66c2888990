import fc from 'fast-check';
import { freezeNews } from '../../../src/chat/words/freeze-words.ts';
import { frozenWords } from '../../../src/chat/words/words.ts';
import type { NewEvent } from '../../../src/core/events.ts';
import type { Directory } from '../../../src/core/policy/directory.ts';
import type { Actor, Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { extendedEnd } from '../../../src/core/request/decide-extend.ts';
import { decideFreeze, type FreezeCommand } from '../../../src/core/request/decide-freeze.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import { type Facts, NO_FACTS, UNANSWERED } from '../../../src/core/request/facts.ts';
import { type Freeze, freezeDetail } from '../../../src/core/request/freeze.ts';
import type { AccessRequest, Plan } from '../../../src/core/request/request.ts';
import {
  accepted,
  aDirectory,
  aPlan,
  aPolicy,
  type CastName,
  HOUR,
  KEYS,
  okFacts,
  personActor,
  after as plus,
  requestCommand,
  SECOND,
  START,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const OPERATOR: Actor = { type: 'operator', name: 'root' };
const NOBODY: Actor = { type: 'person', key: 'slack:T0BREAK:U0NOBODY' };
const NAMES = Object.keys(KEYS) as CastName[];
const ACTORS: readonly Actor[] = [...NAMES.map(personActor), SYSTEM, OPERATOR, NOBODY];
const down = { ok: false, why: 'down' } as const;
const frozen: Freeze = { at: START, by: { id: 'sasha', name: 'Sasha' }, reason: 'a leak', all: false, lifts: [] };

const without = (id: CastName): Directory => {
  const directory = aDirectory();
  return { ...directory, people: directory.people.filter((one) => one.id !== id) };
};
/** As if that person's chat account were this one. */
const linked = (id: CastName, user: string, from = aDirectory()): Directory => ({
  ...from,
  people: from.people.map((one) =>
    one.id === id ? { ...one, chats: { slack: [{ workspace: 'T0BREAK', user }] } } : one,
  ),
});
const found = <T>(value: T, at = START) => ({ ok: true, value, at }) as const;
const stop = (current: Freeze | undefined, actor: Actor, facts: Facts, all = false) =>
  decideFreeze(current, { type: 'freeze', all, reason: ' a leak ' }, actor, facts, START);
const lift = (current: Freeze | undefined, name: CastName, facts = okFacts(START)) =>
  decideFreeze(current, { type: 'thaw', seen: current }, personActor(name), facts, START);
const yes = (decision: ReturnType<typeof decideFreeze>) => {
  if (!decision.ok) throw new Error(decision.refusal.code);
  return decision;
};
const lifted = (by: CastName): Freeze | undefined => yes(lift(frozen, by)).next;

describe('freezing (B11)', () => {
  it('widens by its button only the freeze that the button was for, once', () => {
    const widen = (current: Freeze | undefined, of = START) =>
      decideFreeze(current, { type: 'freeze', all: true, reason: '', of }, OPERATOR, okFacts(START), START);
    expect(yes(widen(frozen)).next).toMatchObject({ all: true, at: frozen.at });
    expect(widen(undefined)).toMatchObject({ refusal: { code: 'freeze_over' } });
    expect(widen(frozen, plus(START, SECOND))).toMatchObject({ refusal: { code: 'freeze_over' } });
    // Delivered again, it takes back nobody's word.
    const lifts = lifted('quinn')?.lifts ?? [];
    expect(widen({ ...frozen, all: true, lifts })).toMatchObject({ refusal: { code: 'already_frozen' } });
  });

  it.each([
    ['the system', SYSTEM],
    ['an operator', OPERATOR],
  ] as const)('is never lifted by %s', (_who, actor) => {
    const thaw = { type: 'thaw', seen: frozen } as const;
    expect(decideFreeze(frozen, thaw, actor, okFacts(START), START)).toMatchObject({
      refusal: { code: 'actor_not_person' },
    });
  });

  it('is done by one security person, with the chat, the cloud and the incident source all down', () => {
    const facts = { ...NO_FACTS, policy: found(aPolicy()), directory: found(aDirectory()) };
    const { next, events } = yes(stop(undefined, personActor('sasha'), facts, true));
    expect(next).toEqual({ ...frozen, all: true });
    expect(events).toMatchObject([{ type: 'openings_frozen', data: { by: 'sasha', reason: 'a leak', all: true } }]);
  });

  it('is done by an operator with no look-up at all, and never by the system', () => {
    expect(yes(stop(undefined, OPERATOR, NO_FACTS)).next?.by.id).toBe('operator:root');
    expect(stop(undefined, SYSTEM, okFacts(START))).toMatchObject({ refusal: { code: 'actor_not_person' } });
  });

  it.each<[promise: string, who: Actor, facts: Partial<Facts>, code: string]>([
    ['somebody of another team', personActor('avery'), {}, 'not_security'],
    ['somebody nobody knows', NOBODY, {}, 'unknown_person'],
    ['anybody while the directory is down', personActor('sasha'), { directory: down }, 'directory_unavailable'],
    ['anybody while there is no policy', personActor('sasha'), { policy: down }, 'policy_unavailable'],
    [
      'a suspended person',
      personActor('sasha'),
      {
        directory: found({
          ...aDirectory(),
          people: aDirectory().people.map((one) => (one.id === 'sasha' ? { ...one, suspended: true } : one)),
        }),
      },
      'not_security',
    ],
    [
      'anybody where no team is named',
      personActor('sasha'),
      { policy: found(aPolicy({ security: { teams: [], page: [] } })) },
      'not_security',
    ],
  ])('is refused to %s', (_promise, who, facts, code) => {
    expect(stop(undefined, who, okFacts(START, facts))).toMatchObject({ ok: false, refusal: { code } });
  });

  it('again only adds to it: everything open as well, or taking back what was said for lifting it', () => {
    expect(stop(frozen, personActor('quinn'), okFacts(START))).toMatchObject({ refusal: { code: 'already_frozen' } });
    expect(yes(stop(frozen, personActor('quinn'), okFacts(START), true)).next?.all).toBe(true);
    expect(yes(stop(lifted('quinn'), personActor('sasha'), okFacts(START))).next?.lifts).toEqual([]);
  });
});

describe('freezing once more (B11)', () => {
  const again = (from: Freeze, who: CastName, all: boolean, reason: string, at = plus(START, SECOND)) =>
    yes(decideFreeze(from, { type: 'freeze', all, reason }, personActor(who), okFacts(at), at)).next;

  it('keeps who froze first, when and why, and names who widened it', () => {
    const widened = again(frozen, 'quinn', true, '');
    const quinn = { at: plus(START, SECOND), by: { id: 'quinn', name: 'Quinn' }, widened: true };
    expect(widened).toEqual({ ...frozen, all: true, again: quinn });
    const taken = yes(lift(widened, 'quinn')).next;
    if (taken === undefined) throw new Error('lifted');
    // Whoever only took back what was said does not stand before the one who widened it.
    expect(again(taken, 'sasha', false, 'still leaking')).toMatchObject({
      reason: 'a leak; still leaking',
      again: quinn,
      lifts: [],
    });
    // Whoever only takes back what was said widened nothing, be everything meant or openings alone.
    const openings = lifted('quinn');
    expect(openings && again(openings, 'sasha', false, '')).toMatchObject({ all: false, again: { widened: false } });
    const everything = yes(lift({ ...frozen, all: true }, 'quinn')).next;
    expect(everything && again(everything, 'sasha', true, '')).toMatchObject({ again: { widened: false } });
    expect(again(frozen, 'quinn', true, ' a leak ')?.reason).toBe('a leak');
    expect(again({ ...frozen, reason: '' }, 'quinn', true, 'a leak')?.reason).toBe('a leak');
  });

  it('says all of it to whoever is refused, to whatever waits, and to whoever is ended', () => {
    const both = again(frozen, 'quinn', true, 'it spreads');
    if (both === undefined) throw new Error('lifted');
    expect(frozenWords(freezeDetail(both))).toBe(
      'Openings are frozen by Sasha since 2026-03-01 12:00 UTC, and for everything open by Quinn since 2026-03-01 12:00 UTC (a leak; it spreads).',
    );
    const { request, now } = walkTo('pending');
    const note = (from: AccessRequest, by: Freeze) =>
      decide(from, { type: 'note_freeze' }, SYSTEM, { ...NO_FACTS, frozen: by }, now);
    const held = accepted(note(request, frozen)).next;
    expect(accepted(note(held, both)).next).toMatchObject({ held: { by: 'Sasha', reason: 'a leak; it spreads' } });
    const active = walkTo('active');
    const facts = { ...NO_FACTS, frozen: both };
    const [ended] = accepted(decide(active.request, { type: 'end_frozen' }, SYSTEM, facts, active.now)).events;
    expect(ended?.data).toMatchObject({ why: 'Quinn: a leak; it spreads' });
  });
});

describe('lifting a freeze (B11)', () => {
  it('wants two different security people; the first one changes nothing but that', () => {
    const { next, events } = yes(lift(frozen, 'sasha'));
    expect(next).toMatchObject({ ...frozen, lifts: [{ by: { id: 'sasha' } }] });
    expect(events).toMatchObject([{ type: 'thaw_requested', data: { missing: 1 } }]);
    expect(lift(next, 'sasha')).toMatchObject({ refusal: { code: 'already_said' } });
    expect(yes(lift(next, 'quinn'))).toMatchObject({ next: undefined, events: [{ type: 'openings_thawed' }] });
  });

  it.each<[promise: string, facts: Partial<Facts>, code: string]>([
    ['Slack does not say who it is', { account: down }, 'account_unavailable'],
    ['the directory is down', { directory: down }, 'directory_unavailable'],
    ['there is no policy', { policy: down }, 'policy_unavailable'],
    ['it is a guest', { account: found('guest' as const) }, 'account_guest'],
    ['the facts are a minute old', { account: found('member' as const, plus(START, -61 * SECOND)) }, 'stale_facts'],
    ['this process must open nothing', { openingOff: 'a copy' }, 'opening_off'],
    ['nobody says whether it must', { openingOff: UNANSWERED }, 'installation_unavailable'],
    [
      'Slack does not say whether the first one is still there',
      { approvers: { [KEYS.sasha]: down } },
      'account_unavailable',
    ],
    ['the first one said so after everything was looked up', { approvers: {} }, 'stale_facts'],
  ])('is refused when %s', (_promise, facts, code) => {
    expect(lift(lifted('sasha'), 'quinn', okFacts(START, facts))).toMatchObject({ ok: false, refusal: { code } });
  });

  it.each<[promise: string, facts: Partial<Facts>]>([
    ['left the directory', { directory: found(without('sasha')) }],
    ['was deactivated', { approvers: { [KEYS.sasha]: found('deleted' as const) } }],
    ['is linked to another account', { directory: found(linked('sasha', 'U0OTHER')) }],
    [
      'said so from an account that is somebody else’s',
      { directory: found(linked('blake', 'U0SASHA', linked('sasha', 'U0OTHER'))) },
    ],
  ])('does not count somebody who %s since: another one is awaited', (_promise, facts) => {
    const { next, events } = yes(lift(lifted('sasha'), 'quinn', okFacts(START, facts)));
    expect(next?.lifts.map(({ by }) => by.id)).toEqual(['quinn']);
    expect(events).toMatchObject([{ type: 'thaw_requested', data: { dropped: [{ id: 'sasha', name: 'Sasha' }] } }]);
    const [event] = events;
    expect(freezeNews({ type: 'alarm', data: {}, at: START, ...event }, next)).toContain(
      'Sasha, who said so before, could not say it now, so that does not count any more.',
    );
  });

  it('is refused to an operator, to the system, and to people of other teams', () => {
    for (const actor of [OPERATOR, SYSTEM, NOBODY, personActor('avery')]) {
      expect(
        decideFreeze(lifted('sasha'), { type: 'thaw', seen: lifted('sasha') }, actor, okFacts(START), START).ok,
      ).toBe(false);
    }
  });

  it('cannot be had by one person under a second name: the account that said so says nothing more', () => {
    const people = aDirectory().people.map((one) => (one.id === 'sasha' ? { ...one, id: 'sasha.two' } : one));
    const renamed = okFacts(START, { directory: found({ ...aDirectory(), people }) });
    expect(lift(lifted('sasha'), 'sasha', renamed)).toMatchObject({ refusal: { code: 'already_said' } });
  });
});

describe('news of a freeze that reach a channel late (B11)', () => {
  const data = { by: 'sasha', name: 'Sasha', reason: 'a leak', all: true, missing: 1 };
  const later: Freeze = { ...frozen, at: plus(START, HOUR), reason: 'another leak' };

  it.each<[type: NewEvent['type'], data: NewEvent['data'], current: Freeze | undefined, words: RegExp]>([
    ['openings_frozen', data, frozen, /^Openings are frozen by Sasha.* Nothing is opened/],
    [
      'openings_frozen',
      data,
      undefined,
      /^Openings were frozen by Sasha since .*\(a leak\)\. That is lifted by now\.$/,
    ],
    ['openings_frozen', data, later, /^Openings were frozen by Sasha since .*\(a leak\)\. That is lifted by now\.$/],
    ['thaw_requested', data, undefined, /^Sasha wanted openings to go on\. That freeze is lifted by now\.$/],
    ['openings_thawed', { by: [data] }, undefined, /^Openings are not frozen any more; lifted by Sasha/],
    ['openings_thawed', { by: [data] }, later, /lifted by Sasha\. They are frozen again: .*\(another leak\)/],
  ])('%s says what holds now', (type, said, current, words) => {
    expect(freezeNews({ type, data: said, at: START }, current)).toMatch(words);
  });
});

describe('every way through a freeze', () => {
  const commandsFor = (seen: Freeze | undefined): readonly FreezeCommand[] => [
    { type: 'freeze', all: false, reason: '' },
    { type: 'freeze', all: true, reason: '' },
    { type: 'thaw', seen },
  ];
  const keyOf = (freeze: Freeze | undefined) =>
    JSON.stringify(freeze && { all: freeze.all, lifts: freeze.lifts.map(({ by }) => by.id).sort() });

  it('opens again only by the word of two security people in a row, and never forgets "all" before', () => {
    const states = new Map<string, Freeze | undefined>([[keyOf(undefined), undefined]]);
    for (const current of states.values()) {
      for (const command of commandsFor(current)) {
        for (const actor of ACTORS) {
          const decision = decideFreeze(current, command, actor, okFacts(START), START);
          if (!decision.ok) continue;
          const { next, events } = decision;
          expect(events).toHaveLength(1);
          if (next === undefined) {
            const second = NAMES.find((name) => actor.type === 'person' && actor.key === KEYS[name]);
            const said = [...(current?.lifts ?? []).map(({ by }) => by.id), second].sort();
            expect([command.type, ...said]).toEqual(['thaw', 'quinn', 'sasha']);
          } else if (current?.all) expect(next.all).toBe(true);
          if (!states.has(keyOf(next))) states.set(keyOf(next), next);
        }
      }
    }
    // None; frozen or frozen with all, each with nobody's, Sasha's or Quinn's word.
    expect(states.size).toBe(7);
  });
});

/** Active, with more time on its way: asked for, approved, and planned. */
function extending(): Readonly<Record<string, AccessRequest>> {
  const { request: active, now } = walkTo('active');
  const step = (request: AccessRequest, command: Command, actor: Actor) =>
    accepted(decide(request, command, actor, okFacts(now), now)).next;
  const asked = step(active, { type: 'extend', minutes: 15, digest: active.details.digest }, personActor('riley'));
  const approved = step(asked, { type: 'approve', digest: digestShown(asked) }, personActor('avery'));
  return { asked, approved, planned: step(approved, { type: 'issue_extension', plans: later(approved) }, SYSTEM) };
}

const later = (request: AccessRequest): readonly Plan[] =>
  request.state === 'active' && request.extension !== undefined
    ? request.grants.map(({ plan }) => ({ ...plan, plannedEnd: extendedEnd(plan, { minutes: 15 }) }))
    : [];

const STATES = ['pending', 'granting', 'planned', 'active', 'revoking', 'removed', 'closed'] as const;
const LIVES: readonly (readonly [string, AccessRequest, Date])[] = [
  ...STATES.map((state) => [state, walkTo(state).request, walkTo(state).now] as const),
  ...Object.entries(extending()).map(
    ([name, request]) => [`more time ${name}`, request, walkTo('active').now] as const,
  ),
];

const opening = (request: AccessRequest, now: Date): readonly Command[] => [
  { type: 'approve', digest: digestShown(request) },
  { type: 'issue', plan: aPlan(request, now) },
  { type: 'grant_confirmed', grantId: 'R1' },
  { type: 'extend', minutes: 15, digest: request.details.digest },
  { type: 'issue_extension', plans: later(request) },
  { type: 'extension_confirmed', number: 1, grantId: 'R1' },
];

/** How far open a request is, as figures of which none may grow while openings are frozen. */
function openness(request: AccessRequest) {
  const grants = request.state === 'pending' ? [] : request.grants;
  const extension = request.state === 'active' ? request.extension : undefined;
  return [
    { pending: 1, granting: 2, active: 3, revoking: 0, closed: 0 }[request.state],
    request.approvals.length,
    request.state === 'active' ? request.endsAt.getTime() : 0,
    ...(request.state === 'granting' ? [grants.filter(({ plan }) => plan !== undefined).length] : [0]),
    extension === undefined ? 0 : 1 + extension.approvals.length + (extension.plans?.length ?? 0),
  ];
}

describe('while openings are frozen (B11)', () => {
  it('asking is refused with who froze, since when and why', () => {
    const facts = okFacts(START, { frozen: { ...frozen, all: true } });
    expect(decide(undefined, requestCommand('R2'), personActor('riley'), facts, START)).toMatchObject({
      refusal: { code: 'frozen', detail: { by: 'Sasha', reason: 'a leak', at: START.toISOString(), all: 'yes' } },
    });
  });

  it.each(LIVES)('no command from anybody opens anything, or opens it further, in: %s', (_name, request, now) => {
    const before = openness(request);
    for (const command of opening(request, now)) {
      for (const actor of ACTORS) {
        const decision = decide(request, command, actor, okFacts(now, { frozen }), now);
        if (!decision.ok) continue;
        openness(decision.next).forEach((figure, index) => {
          expect([command.type, index, figure <= (before[index] ?? 0)]).toEqual([command.type, index, true]);
        });
      }
    }
  });

  it('the same commands do open when they are not: the test above sees something', () => {
    const moved = LIVES.flatMap(([, request, now]) =>
      opening(request, now).filter((command) =>
        ACTORS.some((actor) => {
          const decision = decide(request, command, actor, okFacts(now), now);
          return (
            decision.ok && openness(decision.next).some((figure, index) => figure > (openness(request)[index] ?? 0))
          );
        }),
      ),
    );
    const names = ['approve', 'extend', 'extension_confirmed', 'grant_confirmed', 'issue', 'issue_extension'];
    expect([...new Set(moved.map(({ type }) => type))].sort()).toEqual(names);
  });

  it('issue closes what has no plan, a confirmation that comes late is undone, and both say who froze', () => {
    const granting = walkTo('granting');
    const facts = okFacts(granting.now, { frozen });
    const issue = { type: 'issue', plan: aPlan(granting.request, granting.now) } as const;
    const refused = accepted(decide(granting.request, issue, SYSTEM, facts, granting.now));
    expect(refused.next).toMatchObject({ state: 'closed', outcome: 'refused' });
    expect(refused.events[0]).toMatchObject({ type: 'request_refused', data: { why: 'frozen', by: 'Sasha' } });
    const planned = walkTo('planned');
    const confirm = { type: 'grant_confirmed', grantId: 'R1' } as const;
    const undone = accepted(decide(planned.request, confirm, SYSTEM, okFacts(planned.now, { frozen }), planned.now));
    expect(undone.next).toMatchObject({ state: 'revoking', cause: 'grant_failed' });
    expect(undone.events[0]).toMatchObject({ type: 'grant_failed', data: { why: 'frozen', by: 'Sasha' } });
  });

  it('an opening that was to be given up for a freeze goes on where that is lifted by then', () => {
    const { request, now } = walkTo('planned');
    const give = { type: 'grant_failed', why: 'frozen' } as const;
    expect(decide(request, give, SYSTEM, NO_FACTS, now)).toMatchObject({ refusal: { code: 'not_frozen' } });
    const failed = accepted(decide(request, give, SYSTEM, { ...NO_FACTS, frozen }, now));
    expect(failed.events[0]).toMatchObject({ type: 'grant_failed', data: { why: 'frozen', by: 'Sasha' } });
  });

  it.each(LIVES)('taking away asks nothing of the freeze, in: %s', (_name, request, now) => {
    const commands: readonly Command[] = [
      { type: 'deny', reason: 'no' },
      { type: 'withdraw' },
      { type: 'lapse' },
      { type: 'end' },
      { type: 'expire' },
      { type: 'bar_requester', why: 'left' },
      { type: 'lapse_extension' },
      { type: 'revoke_confirmed', grantId: 'R1', proof: { readAt: now, contested: false, hashes: {} } },
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...ACTORS),
        fc.constantFrom(...commands),
        fc.nat(2 * 3600),
        (actor, command, wait) => {
          const at = plus(now, wait * SECOND);
          expect(decide(request, command, actor, { ...NO_FACTS, frozen }, at)).toEqual(
            decide(request, command, actor, NO_FACTS, at),
          );
        },
      ),
    );
  });

  it('"all" ends what is open and what is being opened, by the system alone, and only while it is so', () => {
    const all = { ...frozen, all: true };
    for (const [name, request, now] of LIVES) {
      const end = (facts: Facts, actor: Actor = SYSTEM) => decide(request, { type: 'end_frozen' }, actor, facts, now);
      const open = request.state === 'granting' || request.state === 'active';
      expect([name, end({ ...NO_FACTS, frozen: all }).ok]).toEqual([name, open]);
      expect(end({ ...NO_FACTS, frozen }).ok || end(NO_FACTS).ok).toBe(false);
      for (const actor of ACTORS.filter((one) => one !== SYSTEM)) {
        expect(end({ ...NO_FACTS, frozen: all }, actor).ok).toBe(false);
      }
    }
    const { request, now } = walkTo('active');
    const ended = accepted(decide(request, { type: 'end_frozen' }, SYSTEM, { ...NO_FACTS, frozen: all }, now));
    expect(ended.events[0]).toMatchObject({ data: { cause: 'frozen', why: 'Sasha: a leak' } });
  });

  it('a waiting request says so once, and says once that it is over; what it waits for does not change', () => {
    const { request, now } = walkTo('pending');
    const noted = (from: AccessRequest, facts: Partial<Facts>) =>
      decide(from, { type: 'note_freeze' }, SYSTEM, { ...NO_FACTS, ...facts }, now);
    expect(noted(request, {})).toMatchObject({ refusal: { code: 'not_frozen' } });
    const held = accepted(noted(request, { frozen }));
    expect(held.next).toEqual({ ...request, held: { at: START, by: 'Sasha', reason: 'a leak' } });
    expect(noted(held.next, { frozen })).toMatchObject({ refusal: { code: 'already_frozen' } });
    const free = accepted(noted(held.next, {}));
    expect(free.next).toEqual(request);
    expect([...held.events, ...free.events].map(({ type }) => type)).toEqual(['request_held', 'request_resumed']);
    const yes = { type: 'approve', digest: request.details.digest } as const;
    const granted = accepted(decide(held.next, yes, personActor('avery'), okFacts(now), now)).next;
    expect(granted).not.toHaveProperty('held');
    expect(
      accepted(decide(held.next, { type: 'withdraw' }, personActor('riley'), NO_FACTS, now)).next,
    ).not.toHaveProperty('held');
  });
});
