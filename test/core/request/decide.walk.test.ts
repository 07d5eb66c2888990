import fc from 'fast-check';
import type { Actor, Command, CommandName } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { plannedEndOf } from '../../../src/core/request/decide-issue.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { AccessRequest, State } from '../../../src/core/request/request.ts';
import { TRANSITIONS } from '../../../src/core/request/transitions.ts';
import { propagatedAt } from '../../../src/core/request/work.ts';
import { expectEditsFound, isHeld, KeptRow } from '../../support/kept-row.ts';
import { cases } from '../../support/long.ts';
import {
  aDirectory,
  after,
  aPlan,
  KEYS,
  laterPlans,
  okFacts,
  personActor,
  requestCommand,
  START,
  SYSTEM,
} from '../../support/requests.ts';
import { SENT } from '../../support/stages.ts';
import { actors, facts, lookAround, satisfied } from '../../support/walks.ts';

/*
 * Random lives of a request: any command, from anybody, with any facts, at any time. After every step the promises of
 * the design are checked against an oracle that shares no code with the core.
 */

type Make = (request: AccessRequest | undefined, now: Date, nudge: number) => Command;
const digest = (request: AccessRequest | undefined): string => (request ? digestShown(request) : '');
const proofOf: Make = (request, now) => {
  const grant = request?.state === 'revoking' ? request.grants[0] : undefined;
  const readAt = grant?.accessRemoved?.readAt ?? now;
  const waitedSeconds = 0;
  return {
    type: 'sessions_confirmed',
    grantId: 'R1',
    proof: { by: 'propagation', removalReadAt: readAt, waitedSeconds },
  };
};
const OF_SECURITY: readonly Make[] = [
  () => ({ type: 'end_frozen' }),
  () => ({ type: 'note_freeze' }),
  () => ({ type: 'attest', statement: 'I looked at the account' }),
];
/** Every other second a cloud that ends access around the planned end only. */
const nativeEndAt = (now: Date) => (Math.floor(now.getTime() / 1000) % 2 === 0 ? 'exact' : 'scheduled');

const MAKERS: readonly Make[] = [
  (request) => ({ type: 'approve', digest: digest(request) }),
  (request) => ({ type: 'approve', digest: digest(request) }),
  () => ({ type: 'approve', digest: 'stale' }),
  (request, now, nudge) => {
    if (request === undefined) return { type: 'issue', plan: undefined };
    const plan = aPlan(request, now);
    return { type: 'issue', plan: { ...plan, plannedEnd: after(plan.plannedEnd, nudge) } };
  },
  (request, now) => ({ type: 'issue', plan: request && { ...aPlan(request, now), nativeEnd: nativeEndAt(now) } }),
  () => ({ type: 'grant_confirmed', grantId: 'R1' }),
  () => ({ type: 'grant_confirmed', grantId: 'R1' }),
  () => ({ type: 'grant_failed', why: 'PROVIDER_REFUSED' }),
  (request) => ({ type: 'extend', minutes: 15, digest: request?.details.digest ?? '' }),
  (request) => ({ type: 'issue_extension', plans: laterPlans(request) }),
  () => ({ type: 'extension_confirmed', number: 1, grantId: 'R1' }),
  () => ({ type: 'extension_failed', number: 1, why: 'PROVIDER_CONFLICT' }),
  () => ({ type: 'lapse_extension' }),
  () => ({ type: 'deny', reason: 'no' }),
  () => ({ type: 'withdraw' }),
  () => ({ type: 'lapse' }),
  () => ({ type: 'end' }),
  () => ({ type: 'expire' }),
  () => ({ type: 'bar_requester', why: 'left' }),
  (_request, now, nudge) => ({
    type: 'revoke_confirmed',
    grantId: 'R1',
    proof: { readAt: after(now, nudge), contested: nudge % 2 === 1, hashes: {} },
  }),
  (_request, now) => ({
    type: 'revoke_confirmed',
    grantId: 'R1',
    proof: { readAt: now, contested: false, hashes: {} },
  }),
  proofOf,
  proofOf,
  (_request, now) => ({
    type: 'sessions_confirmed',
    grantId: 'R1',
    proof: { by: 'native_end', cloudTime: now, nativeEndIntact: true },
  }),
  (request, now) => {
    const grant = request?.state === 'revoking' ? request.grants[0] : undefined;
    return { type: 'removal_lost', grantId: 'R1', readAt: grant?.accessRemoved?.readAt ?? now };
  },
  () => ({ type: 'altered', grantId: 'R1', altered: [{ part: 'entry' }, { part: 'permissions', name: 'more' }] }),
  () => ({ type: 'closed_again', grantId: 'R1', hashes: {} }),
  () => ({ type: 'revoke_failed', why: 'PROVIDER_THROTTLED' }),
  () => ({ type: 'warn' }),
  () => ({ type: 'invited', reached: ['avery'], missed: [] }),
  () => ({ type: 'approver_changed', person: 'avery', why: 'left' }),
  () => ({ type: 'tombstone_deleted', grantId: 'R1' }),
];

const WAYS = [...MAKERS, ...OF_SECURITY].map((make) => ({ make, ...TRANSITIONS[make(undefined, START, 0).type] }));
const steps = fc.array(
  fc.record({
    wait: fc.constantFrom(0, 0, 1, 1, 5, 30, 120, 301, 901, 1800),
    way: fc.nat(),
    nudge: fc.constantFrom(0, 0, 0, 1, -1, 1000),
    actor: actors,
    kind: fc.constantFrom('forward', 'forward', 'in place', 'anything'),
    inOrder: fc.constantFrom(true, true, true, false),
  }),
  { minLength: 5, maxLength: 40 },
);
type Step = typeof steps extends fc.Arbitrary<readonly (infer S)[]> ? S : never;

/** What leads a life on: without these few random ones get as far as being open. */
const FORWARD: Readonly<Record<State, readonly (readonly [command: CommandName, by: Actor])[]>> = {
  pending: [
    ['approve', personActor('avery')],
    ['approve', personActor('sasha')],
  ],
  granting: [
    ['issue', SYSTEM],
    ['grant_confirmed', SYSTEM],
  ],
  active: [
    ['extend', personActor('riley')],
    ['approve', personActor('avery')],
    ['issue_extension', SYSTEM],
    ['extension_confirmed', SYSTEM],
    ['end', personActor('casey')],
    ['expire', SYSTEM],
  ],
  revoking: [
    ['revoke_confirmed', SYSTEM],
    ['sessions_confirmed', SYSTEM],
    ['attest', personActor('sasha')],
    ['attest', personActor('quinn')],
  ],
  closed: [['tombstone_deleted', SYSTEM]],
};

/** What is sent and by whom: what leads on, what the table has a place for, or anything by anybody. */
function sentIn(request: AccessRequest, { kind, way, nudge, actor }: Step, now: Date) {
  const [type, by] = FORWARD[request.state][way % FORWARD[request.state].length] ?? [];
  const sent = type === undefined ? [] : SENT[type](request, now);
  const forward = sent[(way >> 4) % sent.length];
  if (kind === 'forward' && forward && by) return { command: forward, actor: by };
  const ways = kind === 'in place' ? WAYS.filter((one) => one.in.some((stage) => stage === request.state)) : WAYS;
  const chosen = ways[way % ways.length];
  if (chosen === undefined) throw new Error(`nothing is sent in ${request.state}`);
  const misplaced = kind === 'in place' && !chosen.from.some((one) => one === actor.type);
  const bySystem = chosen.from.some((one) => one === 'system');
  return { command: chosen.make(request, now, nudge), actor: misplaced && bySystem ? SYSTEM : actor };
}

const reached = new Map<string, number>();
const note = (what: string) => reached.set(what, (reached.get(what) ?? 0) + 1);

/** Commands that judge people, and so note every team they see. */
const LOOKING: ReadonlySet<Command['type']> = new Set(['approve', 'issue', 'extend', 'issue_extension']);

const yesOf = ({ approvals, details }: AccessRequest) => ({ approvals, digest: details.digest });

const planned = (request: AccessRequest | undefined): boolean =>
  request !== undefined && request.state !== 'pending' && request.grants.some(({ plan }) => plan !== undefined);

describe.each(['restart-service', 'rotate-keys'])('any life of a request for %s', (role) => {
  it('E4: is explained by its events at every step, and no other row is; commits a plan only with every clause satisfied by the very facts of that issue (B1–B4), closes a plan only with both proofs (D3), never leaves closed, and ends at min(confirmation + minutes, plannedEnd)', () => {
    fc.assert(
      fc.property(steps, fc.gen(), (story, gen) => {
        let now = START;
        const seen = new Map<string, Set<string>>();
        lookAround(seen, aDirectory());
        const opened = decide(
          undefined,
          requestCommand('R1', { role, minutes: 15 }),
          { type: 'person', key: KEYS.riley },
          okFacts(now),
          now,
        );
        if (!opened.ok) throw new Error(opened.refusal.code);
        let request = opened.next;
        const kept = new KeptRow().keep(opened, personActor('riley'), now);
        const held = isHeld(gen);
        for (const step of story) {
          now = after(now, step.wait * 1000);
          const before = request;
          const { command, actor } = sentIn(before, step, now);
          const known = step.inOrder ? okFacts(now) : gen(facts, now);
          const decision = decide(before, command, actor, known, now);
          if (!decision.ok) continue;
          request = decision.next;
          note(request.state);
          if (request.state === 'closed') {
            note(request.outcome);
            for (const { sessionsEnded } of request.grants) if (sessionsEnded) note(sessionsEnded.by);
          }
          kept.keep(decision, actor, now);
          if (held) expect(kept.problem()).toBeUndefined();
          if (LOOKING.has(command.type) && known.directory.ok) {
            const shown = new Map([...seen].map(([id, teams]) => [id, new Set(teams)]));
            lookAround(shown, known.directory.value);
            for (const id of Object.keys(request.seenTeams)) seen.set(id, shown.get(id) ?? new Set());
          }

          if (!planned(before) && planned(request)) {
            expect([command.type, actor.type]).toEqual(['issue', 'system']);
            expect([known.openingOff, known.frozen]).toEqual([undefined, undefined]);
            const { policy, directory, incident, account, target } = known;
            const answers = [policy, directory, account, target];
            expect(answers.every((one) => one.ok && now.getTime() - one.at.getTime() <= 60_000)).toBe(true);
            expect(incident.ok ? incident.value : { state: 'open' }).toMatchObject({ state: 'open' });
            if (role === 'rotate-keys') expect(incident.ok).toBe(true);
            expect(account.ok && account.value).toBe('member');
            expect(
              target.ok && Math.abs(target.value.offsetMs) <= 60_000 && target.value.changedDefinitions.length === 0,
            ).toBe(true);
            expect(directory.ok && satisfied(request, yesOf(request), directory.value, seen)).toBe(true);
            expect(before.state === 'granting' && now < before.grantBy).toBe(true);
            const plan = request.state === 'granting' ? request.grants[0]?.plan : undefined;
            expect(plan?.plannedEnd).toEqual(plannedEndOf(request, now));
          }
          if (before.state === 'closed')
            expect({ ...request, changedApprovers: 0, grants: 0, invited: 0 }).toEqual({
              ...before,
              changedApprovers: 0,
              grants: 0,
              invited: 0,
            });
          if (request.state === 'closed') {
            for (const grant of request.grants) {
              if (grant.plan === undefined) continue;
              if (request.outcome === 'ended_unproven') {
                const said = (request.attestations ?? []).map(({ by }) => by.id);
                const involved = [request.details.requester, ...request.approvals.map(({ by }) => by)].map(
                  ({ id }) => id,
                );
                expect([new Set(said).size, said.some((id) => involved.includes(id))]).toEqual([2, false]);
                expect(request.closedAt >= grant.plan.plannedEnd).toBe(true);
                continue;
              }
              expect(grant.accessRemoved).toBeDefined();
              expect(grant.sessionsEnded).toBeDefined();
              const ended = grant.sessionsEnded;
              if (ended?.by === 'native_end') {
                expect(ended.at >= grant.plan.plannedEnd && grant.confirmedAt !== undefined).toBe(true);
                expect(grant.plan.nativeEnd).toBe('exact');
              } else if (ended && grant.accessRemoved) {
                expect(ended.at >= propagatedAt({ ...grant, plan: grant.plan }, grant.accessRemoved)).toBe(true);
              }
            }
          }
          if (before.state !== 'active' && request.state === 'active') {
            expect(known.frozen).toBeUndefined();
            for (const { plan, confirmedAt, endsAt } of request.grants) {
              const wanted = Math.min(confirmedAt.getTime() + 15 * 60_000, plan.plannedEnd.getTime());
              expect(endsAt.getTime()).toBe(wanted);
              expect(endsAt.getTime() - confirmedAt.getTime()).toBeGreaterThanOrEqual((15 * 60_000) / 2);
            }
          }
        }
        if (held) expectEditsFound(kept, gen);
      }),
      { numRuns: cases(700, 10_000) },
    );
  });
});

it('the walk reaches every state, every way to close and both proofs, so that its promises are not empty', () => {
  const wanted = [
    'pending',
    'granting',
    'active',
    'revoking',
    'closed',
    'denied',
    'withdrawn',
    'lapsed',
    'grant_failed',
    'ended',
    'ended_unproven',
    'refused',
    'native_end',
    'propagation',
  ];
  expect(wanted.filter((what) => (reached.get(what) ?? 0) < 3)).toEqual([]);
});
