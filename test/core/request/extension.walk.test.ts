import fc from 'fast-check';
import type { Actor, Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { type Active, digestShown } from '../../../src/core/request/extension.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { expectEditsFound, isHeld } from '../../support/kept-row.ts';
import { cases } from '../../support/long.ts';
import {
  aDirectory,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  SECOND,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';
import { actors, facts, lookAround, satisfied } from '../../support/walks.ts';

/*
 * Random lives of access that is open: more time is asked for, approved, planned, written, refused, forgotten, in any
 * order, by anybody, with any facts, at any time, while others end it.
 */

const MINUTES = 15;
const TOTAL = { 'restart-service': 60, 'rotate-keys': 30 } as const;
const UNTIL = 120 * SECOND;

type Make = (request: AccessRequest, nudge: number) => Command;
const numberOf = (request: AccessRequest): number =>
  (request.state === 'active' && request.extension?.number) || (request.extended?.asked ?? 0);
/** A command, and who may give it; others try as well. */
interface Way {
  readonly weight: number;
  readonly by: readonly Actor[];
  readonly make: Make;
}
const asker = [personActor('riley')];
const approvers = [personActor('avery'), personActor('sasha')];
const system = [SYSTEM];
const WAYS: readonly Way[] = [
  { weight: 12, by: asker, make: ({ details }) => ({ type: 'extend', minutes: MINUTES, digest: details.digest }) },
  { weight: 1, by: asker, make: ({ details }) => ({ type: 'extend', minutes: 30, digest: details.digest }) },
  { weight: 24, by: approvers, make: (request) => ({ type: 'approve', digest: digestShown(request) }) },
  { weight: 1, by: approvers, make: ({ details }) => ({ type: 'approve', digest: details.digest }) },
  { weight: 15, by: system, make: (request) => ({ type: 'issue_extension', plans: laterPlans(request) }) },
  {
    weight: 1,
    by: system,
    make: (request, nudge) => ({
      type: 'issue_extension',
      plans: laterPlans(request).map((plan) => ({ ...plan, plannedEnd: plus(plan.plannedEnd, nudge) })),
    }),
  },
  { weight: 15, by: system, make: (request) => confirmation(numberOf(request)) },
  { weight: 1, by: system, make: (request) => confirmation(numberOf(request) - 1) },
  {
    weight: 1,
    by: system,
    make: (request) => ({ type: 'extension_failed', number: numberOf(request), why: 'PROVIDER_CONFLICT' }),
  },
  { weight: 1, by: system, make: () => ({ type: 'lapse_extension' }) },
  { weight: 1, by: approvers, make: () => ({ type: 'deny', reason: 'no' }) },
  { weight: 1, by: system, make: () => ({ type: 'warn' }) },
  { weight: 1, by: system, make: () => ({ type: 'expire' }) },
  { weight: 1, by: [{ type: 'operator', name: 'root' }], make: () => ({ type: 'end' }) },
];
const confirmation = (number: number): Command => ({ type: 'extension_confirmed', number, grantId: 'R1' });

const step = (way: Way) =>
  fc.record({
    wait: fc.constantFrom(0, 0, 0, 1, 1, 5, 30, 61, 300, 779),
    make: fc.constant(way.make),
    nudge: fc.constantFrom(1, -1, 60_000),
    actor: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...way.by) }, { weight: 1, arbitrary: actors }),
    inOrder: fc.constantFrom(true, true, true, false),
  });
const steps = fc.array(fc.oneof(...WAYS.map((way) => ({ weight: way.weight, arbitrary: step(way) }))), {
  minLength: 30,
  maxLength: 60,
});

const open = (request: AccessRequest): Active => {
  if (request.state !== 'active') throw new Error(`it is ${request.state}`);
  return request;
};

/** What was open and until when, here and in the plan: what nothing but a read-back may move. */
const endOf = ({ endsAt, grants }: Active) => ({ endsAt, grants });

const reached = new Map<string, number>();
const note = (what: string) => reached.set(what, (reached.get(what) ?? 0) + 1);

describe.each(['restart-service', 'rotate-keys'] as const)('any life of open access to %s', (role) => {
  const from = walkTo('active', { input: { role, minutes: MINUTES } });
  const began = open(from.request);

  it('E4, B8: is explained by its events at every step, and no other row is; is prolonged only by the same clauses on fresh facts, within the total, never asked in the last minutes, and moved by the read-back alone', () => {
    fc.assert(
      fc.property(steps, fc.gen(), (story, gen) => {
        let { now } = from;
        let request: AccessRequest = began;
        const { kept } = walkTo('active', { input: { role, minutes: MINUTES } });
        const held = isHeld(gen);
        const seen = new Map<string, Set<string>>();
        lookAround(seen, aDirectory());
        for (const { wait, make, nudge, actor, inOrder } of story) {
          if (request.state !== 'active') break;
          now = plus(now, wait * SECOND);
          const before: Active = request;
          const command = make(before, nudge);
          const known = inOrder ? okFacts(now) : gen(facts, now);
          const decision = decide(before, command, actor, known, now);

          // Whatever else is under way: at its end it ends, asking nobody, and so it does whenever somebody says so.
          expect(decide(before, { type: 'expire' }, SYSTEM, NO_FACTS, now).ok).toBe(now >= before.endsAt);
          expect(decide(before, { type: 'end' }, SYSTEM, NO_FACTS, now).ok).toBe(true);
          if (!decision.ok) continue;
          request = decision.next;
          kept.keep(decision, actor, now);
          if (held) expect(kept.problem()).toBeUndefined();
          if (['approve', 'extend', 'issue_extension'].includes(command.type) && known.directory.ok) {
            const shown = new Map([...seen].map(([id, teams]) => [id, new Set(teams)]));
            lookAround(shown, known.directory.value);
            for (const id of Object.keys(request.seenTeams)) seen.set(id, shown.get(id) ?? new Set());
          }
          note(command.type);

          if (request.state !== 'active') {
            expect(request.state).toBe('revoking');
            const [grant] = request.state === 'revoking' ? request.grants : [];
            expect(grant?.plan).toEqual(before.extension?.plans?.[0] ?? before.grants[0]?.plan);
            continue;
          }
          const { extension } = request;
          const added = request.extended?.minutes ?? 0;
          expect(MINUTES + added + (extension?.minutes ?? 0)).toBeLessThanOrEqual(TOTAL[role]);
          expect(request.endsAt.getTime()).toBe(began.endsAt.getTime() + added * MINUTE);

          const moves = command.type === 'extension_confirmed' && known.frozen === undefined;
          if (!moves) expect(endOf(request)).toEqual(endOf(before));
          else {
            // Committed before it was written, and still in time.
            expect(before.extension?.plans?.[0]).toEqual(request.grants[0]?.plan);
            expect(before.extension?.failedWhy).toBeUndefined();
            expect(now < before.endsAt && actor.type === 'system').toBe(true);
          }
          if (before.extension === undefined && extension !== undefined) {
            expect([command.type, actor.type]).toEqual(['extend', 'person']);
            expect(now.getTime()).toBeLessThan(before.endsAt.getTime() - UNTIL);
          }
          if (before.extension?.plans === undefined && extension?.plans !== undefined) {
            note('planned');
            expect([command.type, actor.type]).toEqual(['issue_extension', 'system']);
            const { policy, directory, account, target, incident } = known;
            const answers = [policy, directory, account, target];
            expect(answers.every((one) => one.ok && now.getTime() - one.at.getTime() <= MINUTE)).toBe(true);
            expect([known.openingOff, known.frozen]).toEqual([undefined, undefined]);
            expect(account.ok && account.value).toBe('member');
            expect(incident.ok ? incident.value : { state: 'open' }).toMatchObject({ state: 'open' });
            if (role === 'rotate-keys') expect(incident.ok).toBe(true);
            expect(directory.ok && satisfied(request, extension, directory.value, seen)).toBe(true);
            expect(now < before.endsAt).toBe(true);
            const later = plus(before.grants[0]?.plan.plannedEnd ?? now, extension.minutes * MINUTE);
            expect(extension.plans.map(({ plannedEnd }) => plannedEnd)).toEqual([later]);
          }
        }
        if (request.state === 'active' && (request.extended?.minutes ?? 0) > MINUTES) note('extended twice');
        if (held) expectEditsFound(kept, gen);
      }),
      { numRuns: cases(400, 6000), seed: 15 },
    );
  });
});

it('the walk reaches every kind of step, and more time twice over, so that its promises are not empty', () => {
  const wanted = [
    ...['extend', 'approve', 'issue_extension', 'planned', 'extension_confirmed', 'extension_failed'],
    ...['lapse_extension', 'deny', 'expire', 'end', 'extended twice'],
  ];
  expect(wanted.filter((what) => (reached.get(what) ?? 0) < 3)).toEqual([]);
});
