import fc from 'fast-check';
import { ACTIONS, type Action, actionsIn } from '../../../src/core/request/actions.ts';
import type { Actor, Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import {
  type CastName,
  KEYS,
  okFacts,
  personActor,
  after as plus,
  requestCommand,
  START,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const STATES: readonly Step['state'][] = ['pending', 'granting', 'planned', 'active', 'revoking', 'removed', 'closed'];
const NAMES = Object.keys(KEYS) as CastName[];
const ACTORS: readonly Actor[] = [
  ...NAMES.map(personActor),
  SYSTEM,
  { type: 'operator', name: 'root' },
  { type: 'person', key: 'slack:T0BREAK:U0NOBODY' },
];

const takingAway = (now: Date): readonly Command[] => [
  { type: 'deny', reason: 'not now' },
  { type: 'withdraw' },
  { type: 'lapse' },
  { type: 'end' },
  { type: 'expire' },
  { type: 'lost', grantId: 'R1', missedAt: now, missedAgainAt: plus(now, 1) },
  { type: 'revoke_confirmed', grantId: 'R1', proof: { readAt: now, contested: false, hashes: {} } },
];

describe.each(STATES)('taking away in %s', (state) => {
  const { request, now } = walkTo(state);
  const moments = [now, plus(now, 16 * 60_000), plus(now, 31 * 60_000)];

  it('asks no look-up: every answer is the same with every look-up failing', () => {
    for (const at of moments) {
      for (const actor of ACTORS) {
        for (const command of takingAway(at)) {
          expect(decide(request, command, actor, NO_FACTS, at)).toEqual(
            decide(request, command, actor, okFacts(at), at),
          );
        }
      }
    }
  });

  it('opens nothing for anybody when every look-up fails', () => {
    const opening: readonly Command[] = [
      requestCommand('R2'),
      { type: 'approve', digest: request.details.digest },
      { type: 'issue', plan: undefined },
    ];
    for (const actor of ACTORS) {
      for (const command of opening) {
        const decision = decide(command.type === 'request' ? undefined : request, command, actor, NO_FACTS, now);
        const opened = decision.ok && ['pending', 'granting', 'active'].includes(decision.next.state);
        expect(opened).toBe(false);
      }
    }
  });
});

describe('who may open', () => {
  it.each(STATES)('refuses request, approve and issue from anyone who is not meant to, in %s', (state) => {
    const { request, now } = walkTo(state);
    fc.assert(
      fc.property(fc.constantFrom<Actor>({ type: 'operator', name: 'root' }, SYSTEM), (actor) => {
        for (const command of [requestCommand('R2'), { type: 'approve', digest: request.details.digest } as const]) {
          const from = command.type === 'request' ? undefined : request;
          expect(decide(from, command, actor, okFacts(now), now)).toMatchObject({
            ok: false,
            refusal: { code: 'actor_not_person' },
          });
        }
      }),
    );
    for (const actor of ACTORS.filter(({ type }) => type !== 'system')) {
      expect(decide(request, { type: 'issue', plan: undefined }, actor, okFacts(now), now).ok).toBe(false);
    }
  });
});

const asCommand: Record<Action, (request: AccessRequest) => Command> = {
  approve: ({ details }) => ({ type: 'approve', digest: details.digest }),
  deny: () => ({ type: 'deny', reason: 'no' }),
  extend: ({ details }) => ({ type: 'extend', minutes: 15, digest: details.digest }),
  attest: () => ({ type: 'attest', statement: 'seen' }),
  withdraw: () => ({ type: 'withdraw' }),
  end: () => ({ type: 'end' }),
};

describe.each(STATES)('buttons in %s', (state) => {
  const { request, now } = walkTo(state);
  it('are shown exactly when pressing them would work for somebody', () => {
    const accepted = ACTIONS.filter((action) =>
      NAMES.some((name) => decide(request, asCommand[action](request), personActor(name), okFacts(now), now).ok),
    );
    expect(actionsIn(request)).toEqual(accepted);
  });
});

describe('who may end and deny is in the row (D5, B5)', () => {
  const may = (command: Command, state: Step['state']) => {
    const { request, now } = walkTo(state);
    return NAMES.filter((name) => decide(request, command, personActor(name), NO_FACTS, now).ok);
  };
  it.each<[promise: string, command: Command, state: Step['state'], who: CastName[]]>([
    ['the requester alone withdraws', { type: 'withdraw' }, 'pending', ['riley']],
    ['the requester alone withdraws while it is being opened', { type: 'withdraw' }, 'planned', ['riley']],
    [
      'commander and eligible approvers deny, the requester does not',
      { type: 'deny', reason: 'no' },
      'pending',
      ['casey', 'avery', 'blake'],
    ],
    [
      'requester, commander and eligible approvers end it',
      { type: 'end' },
      'active',
      ['riley', 'casey', 'avery', 'blake'],
    ],
    ['and while it is being opened', { type: 'end' }, 'granting', ['riley', 'casey', 'avery', 'blake']],
    ['nobody ends what is closed', { type: 'end' }, 'closed', []],
  ])('%s', (_promise, command, state, who) => {
    expect(may(command, state).sort()).toEqual([...who].sort());
  });

  it('lets an operator end but never withdraw or deny', () => {
    const { request, now } = walkTo('active');
    const operator: Actor = { type: 'operator', name: 'root' };
    expect(decide(request, { type: 'end' }, operator, NO_FACTS, now).ok).toBe(true);
    expect(decide(walkTo('pending').request, { type: 'deny', reason: '' }, operator, NO_FACTS, START).ok).toBe(false);
    expect(decide(walkTo('pending').request, { type: 'withdraw' }, operator, NO_FACTS, START).ok).toBe(false);
  });
});
