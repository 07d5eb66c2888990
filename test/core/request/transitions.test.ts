import fc from 'fast-check';
import { ACTIONS, actionsIn } from '../../../src/core/request/actions.ts';
import type { Actor, CommandName } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { type Facts, NO_FACTS } from '../../../src/core/request/facts.ts';
import { type Stage, TRANSITIONS } from '../../../src/core/request/transitions.ts';
import { after, type CastName, KEYS, okFacts, personActor, SYSTEM } from '../../support/requests.ts';
import { FROZEN, FROZEN_ALL, SENT, STAGES, type Stood, WAITS } from '../../support/stages.ts';
import { actors, facts } from '../../support/walks.ts';

const COMMANDS = Object.keys(TRANSITIONS) as CommandName[];
const KINDS = ['person', 'operator', 'system'] as const satisfies readonly Actor['type'][];
const ALL_STAGES: readonly Stage[] = ['none', 'pending', 'granting', 'active', 'revoking', 'closed'];
const PEOPLE = (Object.keys(KEYS) as CastName[]).map(personActor);
const ACTORS: Readonly<Record<Actor['type'], readonly Actor[]>> = {
  person: PEOPLE,
  operator: [{ type: 'operator', name: 'root' }],
  system: [SYSTEM],
};
const stageOf = ({ request }: Stood): Stage => request?.state ?? 'none';
const WORLDS: readonly ((now: Date) => Facts)[] = [
  (now) => okFacts(now),
  (now) => okFacts(now, { frozen: FROZEN }),
  (now) => okFacts(now, { frozen: FROZEN_ALL }),
];

const allowed = (command: CommandName, kind: Actor['type'], stage: Stage): boolean => {
  const row: { readonly from: readonly string[]; readonly in: readonly string[] } = TRANSITIONS[command];
  return row.from.includes(kind) && row.in.includes(stage);
};

/** Is there a request in this stage, a moment, an actor of this kind and facts with which `decide` says yes? */
const acceptedSomehow = (command: CommandName, kind: Actor['type'], stage: Stage): boolean =>
  STAGES.some(
    (stood) =>
      stageOf(stood) === stage &&
      WAITS.some((wait) => {
        const now = after(stood.now, wait);
        return SENT[command](stood.request, now).some((sent) =>
          WORLDS.some((world) => {
            const known = world(now);
            return ACTORS[kind].some((actor) => decide(stood.request, sent, actor, known, now).ok);
          }),
        );
      }),
  );

describe('the table of who may send what, and where', () => {
  it.each(COMMANDS)(
    'says of %s all that decide accepts and nothing else, of any kind of actor in any state',
    (command) => {
      const cells = ALL_STAGES.flatMap((stage) => KINDS.map((kind) => [stage, kind] as const));
      expect(cells.filter(([stage, kind]) => acceptedSomehow(command, kind, stage))).toEqual(
        cells.filter(([stage, kind]) => allowed(command, kind, stage)),
      );
    },
  );

  it('is never passed: no facts, person or moment lets a command through that has no place in it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COMMANDS),
        fc.constantFrom(...STAGES),
        fc.constantFrom(...WAITS),
        actors,
        fc.nat({ max: 1 }),
        fc.gen(),
        (command, stood, wait, actor, way, gen) => {
          const now = after(stood.now, wait);
          const ways = SENT[command](stood.request, now);
          const sent = ways[way % ways.length];
          if (sent === undefined) throw new Error('nothing to send');
          const known = gen(facts, now);
          const decision = decide(stood.request, sent, actor, known, now);
          if (allowed(command, actor.type, stageOf(stood))) return;
          const no = { ok: false, refusal: { code: expect.stringMatching(OUT_OF_PLACE) } };
          expect(decision).toMatchObject(no);
          // A state is named, and nothing else of the request.
          const { detail, ...plain } = decision.ok ? {} : decision.refusal;
          expect(Object.keys(plain)).toEqual(['code']);
          const isState = !decision.ok && decision.refusal.code === 'not_in_this_state';
          expect(detail).toEqual(isState ? { state: stood.request?.state } : undefined);
          // By the row alone: nothing that was looked up has a say in it.
          expect(decide(stood.request, sent, actor, NO_FACTS, now)).toEqual(decision);
        },
      ),
      { numRuns: 3000 },
    );
  });

  const OUT_OF_PLACE = /^(unknown_request|actor_not_person|not_yours|not_in_this_state)$/;

  it('lets no operator and no job ask, approve or deny, and nobody but a job open, prove or note anything', () => {
    const by = (kind: Actor['type']) =>
      COMMANDS.filter((command) => TRANSITIONS[command].from.some((one) => one === kind));
    expect(by('person')).toEqual(['request', 'approve', 'deny', 'withdraw', 'extend', 'end', 'attest']);
    expect(by('operator')).toEqual(['lapse', 'lapse_extension', 'end', 'expire', 'revoke_failed']);
    expect(by('system')).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(request|approve|deny|extend)$/)]),
    );
  });

  it.each([
    ['a job that asks', 'request', SYSTEM, 'actor_not_person'],
    ['an operator who approves', 'approve', ACTORS.operator[0], 'actor_not_person'],
    ['a person who says what the cloud said', 'grant_confirmed', PEOPLE[0], 'not_yours'],
    ['an operator who notes a freeze', 'note_freeze', ACTORS.operator[0], 'not_yours'],
    ['a person who says that the time is over', 'expire', PEOPLE[0], 'not_yours'],
  ] as const)('refuses %s by the kind of actor, whatever the state', (_who, command, actor, code) => {
    const decided = STAGES.filter(({ request }) => request !== undefined || command === 'request').map(
      ({ request, now }) =>
        SENT[command](request, now).map((sent) => actor && decide(request, sent, actor, okFacts(now), now)),
    );
    expect(decided.flat()).toEqual(decided.flat().map(() => ({ ok: false, refusal: { code } })));
  });
});

describe.each(STAGES.filter(({ request }) => request !== undefined))(
  'buttons where it is $name',
  ({ request, now }) => {
    it('are shown exactly where pressing them works for somebody at some time, and are in the table', () => {
      if (request === undefined) throw new Error('nothing was asked');
      const works = ACTIONS.filter((action) =>
        WAITS.some((wait) => {
          const at = after(now, wait);
          return SENT[action](request, at).some((sent) =>
            PEOPLE.some((person) => decide(request, sent, person, okFacts(at), at).ok),
          );
        }),
      );
      // A word that it ended is asked of nobody before the ending failed, though it would count.
      const early = request.state === 'revoking' && request.failures === 0 ? ['attest'] : [];
      expect([...actionsIn(request), ...early]).toEqual(works);
      for (const action of actionsIn(request)) expect(allowed(action, 'person', request.state)).toBe(true);
    });
  },
);
