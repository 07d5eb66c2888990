import type { EventName, StoredEvent } from '../../src/core/events.ts';
import type { ChatKey } from '../../src/core/policy/directory.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { Actor, Command, RefusableAction } from '../../src/core/request/command.ts';
import type { ChatAccount, Facts, Lookup } from '../../src/core/request/facts.ts';
import type { RefusalCode } from '../../src/core/request/refusal.ts';
import type { AccessRequest, Party, Plan } from '../../src/core/request/request.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { keyOf, plainKeyOf } from './catalog.ts';
import { CONCURRENT_MS, type Frozen } from './freezes.ts';
import type { People } from './people.ts';

/** What a command may have looked up. */
export interface Known {
  readonly policy: Policy;
  readonly people: People;
  /** Whose change could have made a difference. */
  readonly involved: readonly string[];
  readonly freezes: readonly Frozen[];
}

export interface Try {
  readonly command: Command;
  readonly actor: Actor;
  readonly facts: Facts;
}

type Data = Readonly<{ [name: string]: unknown }>;
type Making = (of: {
  readonly data: Data;
  readonly events: readonly StoredEvent[];
  readonly request: AccessRequest | undefined;
  readonly row: AccessRequest;
}) => readonly Command[];

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
const date = (value: unknown): Date => new Date(text(value));
const number = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

/** The plan in the row, with what this event says of the one that was made then: more time changes all three. */
function planOf(row: AccessRequest, data: Data): Plan | undefined {
  const grants = row.state === 'pending' ? [] : row.grants;
  const plan = grants.find(({ id }) => id === data.grantId)?.plan;
  if (plan === undefined) return undefined;
  return {
    ...plan,
    plannedEnd: date(data.plannedEnd),
    cleanUpAt: date(data.cleanUpAt),
    hashes: data.hashes as Plan['hashes'],
    detail: data.detail as Plan['detail'],
  };
}

/** The people that an event names, as the row knows them. */
const partiesOf = (row: AccessRequest, data: Data): readonly Party[] => {
  const named = [row.details.commander, ...row.details.deciders, ...(row.escalatedTo ?? [])];
  return list(data.people).flatMap((id) => named.find((party) => party.id === id) ?? []);
};

const grantId = (row: AccessRequest): string => row.details.id;
const issue: Making = ({ data, row }) => [{ type: 'issue', plan: planOf(row, data) }];
const approve: Making = ({ events }) => {
  const yes = events.find(({ type }) => type === 'approval_recorded');
  return yes === undefined ? [] : [{ type: 'approve', digest: text(yes.data.digest) }];
};
const inputOf = (data: Data, row: AccessRequest): Command => ({
  type: 'request',
  id: text(data.id),
  channels: row.details.channels,
  input: {
    incident: text((data.incident as Data).id),
    role: row.details.terms.role.id,
    ...(data.runbook === undefined ? {} : { runbook: text(data.runbook) }),
    reason: text(data.reason),
    purpose: text(data.purpose),
    minutes: number(data.minutes),
    commander: row.details.commander.id,
    digest: text(data.digest),
  },
});

const ending: Making = ({ events, request, row }) => {
  const asked = events.find(({ type }) => type === 'end_requested');
  const extension = request?.state === 'active' ? request.extension?.number : undefined;
  return [
    { type: 'end' },
    { type: 'expire' },
    { type: 'bar_requester', why: text(asked?.data.why) },
    { type: 'end_frozen' },
    ...(extension === undefined
      ? []
      : [{ type: 'extension_confirmed', number: extension, grantId: grantId(row) } as const]),
  ];
};

/** Which commands may begin with this event. */
const MAKINGS: Readonly<Partial<Record<EventName, Making>>> = {
  request_opened: ({ data, row }) => [inputOf(data, row)],
  approvers_notified: ({ data }) => [{ type: 'invited', reached: list(data.reached), missed: list(data.missed) }],
  approvers_reminded: ({ data, row }) => [{ type: 'remind', step: number(data.step), people: partiesOf(row, data) }],
  approval_refused: ({ data }) => [{ type: 'turned_away', person: text(data.person), teams: list(data.teams) }],
  action_refused: ({ data }) => [
    {
      type: 'action_refused',
      key: text(data.key) as ChatKey,
      person: data.person === undefined ? undefined : text(data.person),
      what: text(data.what) as RefusableAction,
      code: text(data.code) as RefusalCode,
    },
  ],
  approval_recorded: approve,
  approval_voided: (of) => [...approve(of), ...issue(of), { type: 'issue_extension', plans: [] }],
  request_denied: ({ data }) => [{ type: 'deny', reason: text(data.reason) }],
  request_withdrawn: () => [{ type: 'withdraw' }],
  request_lapsed: () => [{ type: 'lapse' }],
  request_refused: issue,
  access_planned: issue,
  access_opened: ({ row }) => [{ type: 'grant_confirmed', grantId: grantId(row) }],
  grant_failed: ({ data, row }) => [
    { type: 'grant_failed', why: text(data.why) },
    { type: 'grant_confirmed', grantId: grantId(row) },
    { type: 'issue', plan: undefined },
  ],
  late_confirmation: ({ data }) => [
    { type: 'grant_confirmed', grantId: text(data.grantId) },
    { type: 'extension_confirmed', grantId: text(data.grantId), number: number(data.extension) },
  ],
  access_ending_soon: () => [{ type: 'warn' }],
  extension_asked: ({ data, row }) => [{ type: 'extend', minutes: number(data.minutes), digest: row.details.digest }],
  extension_denied: ({ data }) => [{ type: 'deny', reason: text(data.reason) }],
  extension_lapsed: () => [{ type: 'lapse_extension' }],
  extension_planned: ({ data, row }) => {
    const plan = planOf(row, data);
    return plan === undefined ? [] : [{ type: 'issue_extension', plans: [plan] }];
  },
  access_extended: ({ data }) => [
    { type: 'extension_confirmed', number: number(data.number), grantId: text(data.grantId) },
  ],
  // An ending that comes first says so, before it begins.
  extension_failed: (of) =>
    of.data.why === 'ended_first'
      ? ending(of)
      : [
          { type: 'extension_failed', number: number(of.data.number), why: text(of.data.why) },
          { type: 'issue_extension', plans: [] },
        ],
  request_held: () => [{ type: 'note_freeze' }],
  request_resumed: () => [{ type: 'note_freeze' }],
  end_requested: ending,
  access_lost: ({ data }) => [
    {
      type: 'lost',
      grantId: text(data.grantId),
      missedAt: date(data.missedAt),
      missedAgainAt: date(data.missedAgainAt),
    },
  ],
  access_removed: ({ data, row }) =>
    [false, true].map((contested) => ({
      type: 'revoke_confirmed',
      grantId: grantId(row),
      proof: { readAt: date(data.readAt), contested, hashes: data.hashes as Plan['hashes'] },
      by: data.by === 'sweep' ? 'sweep' : 'worker',
    })),
  sessions_ended: ({ data, row }) => [
    {
      type: 'sessions_confirmed',
      grantId: grantId(row),
      proof:
        data.by === 'native_end'
          ? { by: 'native_end', cloudTime: date(data.cloudTime), nativeEndIntact: true }
          : { by: 'propagation', removalReadAt: date(data.removalReadAt), waitedSeconds: number(data.waitedSeconds) },
    },
  ],
  revoke_failed: ({ data }) => [{ type: 'revoke_failed', why: text(data.why) }],
  approver_changed: ({ data }) => [{ type: 'approver_changed', person: text(data.person), why: text(data.why) }],
  alarm: (of) => {
    const grant = of.request?.state === 'revoking' ? of.request.grants[0] : undefined;
    const readAt = grant?.accessRemoved?.readAt;
    return readAt === undefined ? issue(of) : [{ type: 'removal_lost', grantId: grantId(of.row), readAt }];
  },
  tombstone_deleted: ({ data }) => [{ type: 'tombstone_deleted', grantId: text(data.grantId) }],
};

/** Everything worth a try: each command that may begin with the first of these events, with what it may have looked up. */
export function* triesFor(
  request: AccessRequest | undefined,
  events: readonly StoredEvent[],
  row: AccessRequest,
  known: Known,
): Generator<Try> {
  const [first] = events;
  const making = first && MAKINGS[first.type];
  if (first === undefined || making === undefined) return;
  const actor = actorOf(first.actor);
  const commands = making({ data: first.data, events, request, row });
  const history = { same: undefined, pending: [], objects: 0, turnedDown: row.details.follows };
  for (const facts of factsAt(first.at, row.details.incident.id, known)) {
    for (const command of commands) yield { command, actor, facts: { ...facts, history } };
  }
}

function actorOf(name: string): Actor {
  if (name.startsWith('slack:') || name.startsWith('plain:')) return { type: 'person', key: name as ChatKey };
  const [type, ...rest] = name.split(':');
  return { type: type === 'operator' ? 'operator' : 'system', name: rest.join(':') };
}

/** How long before a decision its look-ups may have been made. */
const LOOKED_UP_MS = 60_000;
const found = <T>(value: T, at: Date): Lookup<T> => ({ ok: true, value, at });
const UNANSWERED_INCIDENT = { ok: false, why: 'did not answer' } as const;

/** What the look-ups may have said, the likeliest first: the world as it stood, now or a little before. */
function* factsAt(at: Date, incidentId: string, { policy, people, involved: ids, freezes }: Known): Generator<Facts> {
  const now = at.getTime();
  const frozen = freezes.filter(({ from, gone }) => from <= at && now - (gone ?? at).getTime() <= CONCURRENT_MS);
  const incident = policy.incidentList.find(({ id }) => id === incidentId);
  for (const instant of [...people.instants(ids, now - LOOKED_UP_MS, now)].reverse()) {
    const account = (id: string): ChatAccount => (people.at(id, instant).inChat ? 'member' : 'deleted');
    const facts: Facts = {
      clouds: DEFINITIONS.clouds,
      policy: found(policy, at),
      directory: found(people.directoryAt(instant), at),
      incident: incident === undefined ? UNANSWERED_INCIDENT : found(incident, at),
      account: found('member', at),
      target: found({ offsetMs: 0, room: [{ what: 'roles', used: 1, quota: 1000 }], changedDefinitions: [] }, at),
      approvers: Object.fromEntries(
        ids.flatMap((id) => [keyOf(id), plainKeyOf(id)].map((key) => [key, found(account(id), at)])),
      ),
      openingOff: undefined,
    };
    for (const { freeze } of frozen) yield { ...facts, frozen: freeze };
    yield facts;
    yield { ...facts, account: found('deleted', at) };
  }
}
