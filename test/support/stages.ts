import type { Actor, Command, CommandName } from '../../src/core/request/command.ts';
import { decide } from '../../src/core/request/decide.ts';
import { digestShown } from '../../src/core/request/extension.ts';
import type { Facts } from '../../src/core/request/facts.ts';
import type { Freeze } from '../../src/core/request/freeze.ts';
import type { AccessRequest, Party } from '../../src/core/request/request.ts';
import {
  accepted,
  after,
  aPlan,
  type CastName,
  HOUR,
  KEYS,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  requestCommand,
  SECOND,
  START,
  type Step,
  SYSTEM,
  walkTo,
} from './requests.ts';

/* Requests in every stage that a rule tells from another, and for each command the ways to send it. */

export interface Stood {
  readonly name: string;
  readonly request: AccessRequest | undefined;
  readonly now: Date;
}

export const FROZEN: Freeze = {
  at: START,
  by: { id: 'sasha', name: 'Sasha' },
  reason: 'a leak',
  all: false,
  lifts: [],
};
export const FROZEN_ALL: Freeze = { ...FROZEN, all: true };

const party = (id: CastName): Party => ({ id, name: id, keys: [KEYS[id]] });

/** From a state of the good story on by further commands, each a second after the one before or later. */
function stood(
  name: string,
  from: Step['state'],
  role: string,
  ...more: readonly {
    readonly by?: Actor;
    readonly wait?: number;
    readonly facts?: Partial<Facts>;
    readonly command: Command | ((request: AccessRequest, now: Date) => Command);
  }[]
): Stood {
  let { request, now } = walkTo(from, { input: { role } });
  for (const { by = SYSTEM, wait = SECOND, facts, command } of more) {
    now = after(now, wait);
    const sent = typeof command === 'function' ? command(request, now) : command;
    request = accepted(decide(request, sent, by, okFacts(now, facts), now)).next;
  }
  return { name: `${name} (${role})`, request, now };
}

const asksMore = {
  by: personActor('riley'),
  command: (request: AccessRequest): Command => ({ type: 'extend', minutes: 15, digest: request.details.digest }),
};
const yesBy = (name: CastName) => ({
  by: personActor(name),
  command: (request: AccessRequest): Command => ({ type: 'approve', digest: digestShown(request) }),
});
const plansMore = {
  command: (request: AccessRequest): Command => ({ type: 'issue_extension', plans: laterPlans(request) }),
};
const cloudRefuses = { command: { type: 'extension_failed', number: 1, why: 'PROVIDER_CONFLICT' } as const };
const fails = { command: { type: 'revoke_failed', why: 'PROVIDER_UNAVAILABLE' } as const };
const pages = { command: { type: 'page_begun', round: 1, people: [party('sasha')] } as const };
const attested = {
  by: personActor('sasha'),
  wait: HOUR,
  command: { type: 'attest', statement: 'I looked at the account' } as const,
};
const removes = {
  command: (_request: AccessRequest, now: Date): Command => ({
    type: 'revoke_confirmed',
    grantId: 'R1',
    proof: { readAt: now, contested: false, hashes: {} },
  }),
};
const ends = {
  wait: HOUR,
  command: (request: AccessRequest, now: Date): Command => {
    const removed = request.state === 'revoking' ? request.grants[0]?.accessRemoved : undefined;
    const proof = { by: 'propagation', removalReadAt: removed?.readAt ?? now, waitedSeconds: 3600 } as const;
    return { type: 'sessions_confirmed', grantId: 'R1', proof };
  },
};

const B = 'restart-service';
const C = 'rotate-keys';

/** `undefined`, while nothing was asked, and at least one request of each kind that a rule knows. */
export const STAGES: readonly Stood[] = [
  { name: 'nothing was asked', request: undefined, now: START },
  stood('asked', 'pending', B),
  stood('asked, half approved', 'pending', C),
  stood('asked, and openings are frozen', 'pending', B, {
    facts: { frozen: FROZEN },
    command: { type: 'note_freeze' },
  }),
  stood('approved', 'granting', C),
  stood('planned', 'planned', B),
  stood('open', 'active', B),
  stood('open, warned', 'active', B, { wait: 26 * MINUTE, command: { type: 'warn' } }),
  stood('open, more time asked', 'active', B, asksMore),
  stood('open, more time approved', 'active', B, asksMore, yesBy('avery')),
  stood('open, more time planned', 'active', B, asksMore, yesBy('avery'), plansMore),
  stood('open, more time failed', 'active', B, asksMore, yesBy('avery'), plansMore, cloudRefuses),
  stood('ending', 'revoking', B),
  stood('ending, and it fails', 'revoking', B, fails, fails),
  stood('ending, on-call is being paged', 'revoking', B, fails, fails, pages),
  stood('ending, one person attested', 'revoking', B, fails, attested),
  stood('ending, access removed', 'removed', B),
  stood('ending, never confirmed', 'planned', B, { command: { type: 'grant_failed', why: 'PROVIDER_REFUSED' } }),
  stood('closed by both proofs', 'closed', C),
  stood('closed while on-call was being paged', 'revoking', B, fails, fails, pages, removes, ends),
  stood('denied', 'pending', B, { by: personActor('avery'), command: { type: 'deny', reason: 'no' } }),
];

/** For each command the ways to send it to a request at a moment: at least one is right wherever it is allowed. */
export const SENT: {
  readonly [C in CommandName]: (request: AccessRequest | undefined, now: Date) => readonly Command[];
} = {
  request: () => [requestCommand('R1')],
  approve: (request) => [{ type: 'approve', digest: request ? digestShown(request) : '' }],
  deny: () => [{ type: 'deny', reason: 'no' }],
  withdraw: () => [{ type: 'withdraw' }],
  lapse: () => [{ type: 'lapse' }],
  issue: (request, now) => [{ type: 'issue', plan: request && aPlan(request, now) }],
  grant_confirmed: () => [{ type: 'grant_confirmed', grantId: 'R1' }],
  grant_failed: () => ['PROVIDER_REFUSED', 'frozen'].map((why) => ({ type: 'grant_failed', why })),
  extend: (request) => [{ type: 'extend', minutes: 15, digest: request?.details.digest ?? '' }],
  lapse_extension: () => [{ type: 'lapse_extension' }],
  issue_extension: (request) => [{ type: 'issue_extension', plans: laterPlans(request) }],
  extension_confirmed: () => [{ type: 'extension_confirmed', number: 1, grantId: 'R1' }],
  extension_failed: () => ['PROVIDER_CONFLICT', 'frozen'].map((why) => ({ type: 'extension_failed', number: 1, why })),
  end: () => [{ type: 'end' }],
  expire: () => [{ type: 'expire' }],
  bar_requester: () => [{ type: 'bar_requester', why: 'left' }],
  end_frozen: () => [{ type: 'end_frozen' }],
  note_freeze: () => [{ type: 'note_freeze' }],
  lost: (_request, now) => [{ type: 'lost', grantId: 'R1', missedAt: after(now, -1), missedAgainAt: now }],
  revoke_confirmed: (_request, now) => [
    { type: 'revoke_confirmed', grantId: 'R1', proof: { readAt: now, contested: false, hashes: {} } },
  ],
  sessions_confirmed: (request, now) => {
    const removed = request?.state === 'revoking' ? request.grants[0]?.accessRemoved : undefined;
    const removalReadAt = removed?.readAt ?? now;
    const proofs = [
      { by: 'propagation', removalReadAt, waitedSeconds: 300 },
      { by: 'native_end', cloudTime: now, nativeEndIntact: true },
    ] as const;
    return proofs.map((proof) => ({ type: 'sessions_confirmed', grantId: 'R1', proof }));
  },
  revoke_failed: () => [{ type: 'revoke_failed', why: 'PROVIDER_UNAVAILABLE' }],
  removal_lost: (request, now) => {
    const removed = request?.state === 'revoking' ? request.grants[0]?.accessRemoved : undefined;
    return [{ type: 'removal_lost', grantId: 'R1', readAt: removed?.readAt ?? now }];
  },
  altered: () => [{ type: 'altered', grantId: 'R1', altered: [{ part: 'entry' }] }],
  closed_again: () => [{ type: 'closed_again', grantId: 'R1', hashes: { deny: 'a'.repeat(64) } }],
  attest: () => [{ type: 'attest', statement: 'I looked at the account' }],
  warn: () => [{ type: 'warn' }],
  invited: () => [{ type: 'invited', reached: ['avery'], missed: [] }],
  remind: () => [{ type: 'remind', step: 0, people: [party('avery')] }],
  page_begun: () => [1, 2].map((round) => ({ type: 'page_begun', round, people: [party('sasha')] })),
  paged: () => [{ type: 'paged', round: 1, reached: ['casey'], missed: [], again: [] }],
  stood_down: () => [{ type: 'stood_down', again: [], resolved: {} }],
  approver_changed: () => [{ type: 'approver_changed', person: 'avery', why: 'left' }],
  action_refused: () => [{ type: 'action_refused', key: KEYS.quinn, person: 'quinn', what: 'deny', code: 'not_yours' }],
  turned_away: () => [{ type: 'turned_away', person: 'sasha', teams: ['payments'] }],
  tombstone_deleted: () => [{ type: 'tombstone_deleted', grantId: 'R1' }],
};

/**
 * From a stage on: at once, when a reminder, the answer or a page is due, before and at the end, long after, and when what
 * it left may be deleted.
 */
export const WAITS: readonly number[] = [
  ...[0, 3 * MINUTE, 6 * MINUTE, 16 * MINUTE, 26 * MINUTE, 31 * MINUTE],
  ...[2 * HOUR, 14 * HOUR],
];
