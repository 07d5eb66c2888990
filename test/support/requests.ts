import type { NewEvent } from '../../src/core/events.ts';
import type { ChatKey, Directory } from '../../src/core/policy/directory.ts';
import { type Policy, PRODUCTION_FLOORS, policySchema } from '../../src/core/policy/policy.ts';
import { termsDigest, termsOf } from '../../src/core/policy/terms.ts';
import type { Actor, Command, RequestInput } from '../../src/core/request/command.ts';
import { type Decision, decide } from '../../src/core/request/decide.ts';
import { plannedEndOf } from '../../src/core/request/decide-issue.ts';
import type { Facts, Lookup, RequesterHistory } from '../../src/core/request/facts.ts';
import type { AccessRequest, Plan, State } from '../../src/core/request/request.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { KeptRow } from './kept-row.ts';

/** When the stories of the tests begin. */
export const START = new Date('2026-03-01T12:00:00.000Z');
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

const ACCOUNT = '111122223333';
const WORKSPACE = 'T0BREAK';

/** Chat keys of the cast. */
export const KEYS = {
  /** Asks; in `payments`, whose parent is `product`. */
  riley: 'slack:T0BREAK:U0RILEY',
  /** The incident commander, of the requester's own team. */
  casey: 'slack:T0BREAK:U0CASEY',
  /** In `platform`, on call. */
  avery: 'slack:T0BREAK:U0AVERY',
  /** In `platform`, not on call. */
  blake: 'slack:T0BREAK:U0BLAKE',
  /** In `security`, on call. */
  sasha: 'slack:T0BREAK:U0SASHA',
  /** In `security`, not on call. */
  quinn: 'slack:T0BREAK:U0QUINN',
  /** In `platform` and in `payments`: shares a team with the requester. */
  jordan: 'slack:T0BREAK:U0JORDAN',
} as const satisfies Record<string, ChatKey>;
export type CastName = keyof typeof KEYS;

const DOCUMENT = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['logs:GetLogEvents'], Resource: ['*'] }],
};

const person = (id: CastName, name: string, teams: string[]) => ({
  id,
  name,
  teams,
  chats: { slack: [{ workspace: WORKSPACE, user: `U0${id.toUpperCase()}` }] },
  clouds: { aws: { kind: 'iam-user', arn: `arn:aws:iam::${ACCOUNT}:user/${id}` } },
});

const role = (id: string, name: string, zone: string, domain: string) => ({
  id,
  name,
  summary: `${name}, for tests.`,
  zone,
  domain,
  environment: 'production',
  provider: 'aws',
  account: ACCOUNT,
  maxMinutes: 60,
  mayAsk: ['payments'],
  policies: [{ name: 'access', document: DOCUMENT }],
});

const platformClause = { who: 'group', name: 'Platform', teams: ['platform'], assurance: 'chat' };
const boundary = (zone: string) => `arn:aws:iam::${ACCOUNT}:policy/bg-boundary-${zone}`;

/** The written form of a small valid policy, before parsing: tests change it and parse it again. */
export function policyDocument() {
  return {
    version: 1,
    organisation: 'Example',
    phone: '+49 30 123456',
    channels: { slack: { default: 'C0DEFAULT', security: 'C0SECURITY' } },
    security: { teams: ['security'] },
    zones: {
      A: { maxMinutes: 60, approvals: [platformClause] },
      B: { maxMinutes: 60, approvals: [platformClause] },
      C: {
        maxMinutes: 30,
        unverified_incident: 'refuse',
        approvals: [platformClause, { who: 'group', name: 'Security', teams: ['security'], assurance: 'chat' }],
      },
    },
    accounts: [
      {
        id: ACCOUNT,
        name: 'prod-main',
        provider: 'aws',
        brokerRole: `arn:aws:iam::${ACCOUNT}:role/breakglass-broker`,
        externalId: 'example-external-id',
        boundaries: { A: boundary('a'), B: boundary('b'), C: boundary('c') },
      },
    ],
    roles: [
      role('read-logs', 'Read logs', 'A', 'observability'),
      role('restart-service', 'Restart a service', 'B', 'production'),
      role('rotate-keys', 'Rotate keys', 'C', 'security'),
    ],
    runbooks: [
      {
        id: 'service-down',
        title: 'A service is down',
        url: 'https://runbooks.example.com/service-down',
        role: 'restart-service',
        minutes: 30,
        reason: 'service_restoration',
        trigger: 'Error rate above 50 % for five minutes.',
        escalation: 'Phone the platform lead.',
      },
    ],
    directory: { kind: 'file' },
    incidents: { kind: 'file' },
    teams: [
      { id: 'product', name: 'Product' },
      { id: 'payments', name: 'Payments', parent: 'product' },
      { id: 'platform', name: 'Platform' },
      { id: 'security', name: 'Security' },
    ],
    people: [
      person('riley', 'Riley', ['payments']),
      person('casey', 'Casey', ['payments']),
      person('avery', 'Avery', ['platform']),
      person('blake', 'Blake', ['platform']),
      person('sasha', 'Sasha', ['security']),
      person('quinn', 'Quinn', ['security']),
      person('jordan', 'Jordan', ['platform', 'payments']),
    ],
    onCall: { platform: ['avery'], security: ['sasha'] },
    incidentList: [{ id: 'INC-1', title: 'Checkout is down', state: 'open', channels: { slack: 'C0INCIDENT' } }],
  };
}

/** A small valid policy: three roles, one in each zone, in one account. */
export const aPolicy = (change: Partial<Policy> = {}): Policy => ({ ...PARSED, ...change });
const PARSED = policySchema(PRODUCTION_FLOORS, DEFINITIONS).parse(policyDocument());

/** Everybody in `KEYS`, with their teams and who is on call. */
export function aDirectory(policy: Policy = aPolicy()): Directory {
  const { people, teams, onCall } = policy;
  return { people, teams, onCall };
}

const found = <T>(value: T, at: Date): Lookup<T> => ({ ok: true, value, at });

/** Nothing was asked for before. */
export const NO_HISTORY: RequesterHistory = { same: undefined, pending: [], objects: 0, turnedDown: undefined };

/** Every look-up answered, just now, with nothing wrong: opening commands succeed with these. */
export function okFacts(now: Date, change: Partial<Facts> = {}): Facts {
  const policy = aPolicy();
  return {
    clouds: DEFINITIONS.clouds,
    policy: found(policy, now),
    directory: found(aDirectory(policy), now),
    incident: found({ id: 'INC-1', title: 'Checkout is down', state: 'open', channels: { slack: 'C0INCIDENT' } }, now),
    account: found('member', now),
    target: found({ offsetMs: 0, room: [{ what: 'roles', used: 10, quota: 1000 }], changedDefinitions: [] }, now),
    approvers: Object.fromEntries(Object.values(KEYS).map((key) => [key, found('member', now)])),
    history: NO_HISTORY,
    openingOff: undefined,
    ...change,
  };
}

/** The source's answer to whoever asks for this incident: there is one, open, spelled so. */
export const openIncident = (id: string, now: Date): Facts['incident'] =>
  found({ id, title: 'Checkout is down', state: 'open', channels: { slack: 'C0INCIDENT' } }, now);

export const personActor = (name: CastName): Actor => ({ type: 'person', key: KEYS[name] });
export const SYSTEM: Actor = { type: 'system', name: 'worker' };

/** The digest of a role's terms under `aPolicy()`, as a form would show it. */
export function digestFor(roleId: string, policy: Policy = aPolicy()): string {
  const terms = termsOf(policy, roleId);
  if (terms === undefined) throw new Error(`the test policy has no role ${roleId}`);
  return termsDigest(terms);
}

/** What Riley fills in. */
export const anInput = (change: Partial<RequestInput> = {}): RequestInput => ({
  incident: 'INC-1',
  role: 'restart-service',
  reason: 'recovery',
  purpose: 'Restart the checkout service',
  minutes: 30,
  commander: 'casey',
  ...change,
  digest: change.digest ?? digestFor(change.role ?? 'restart-service'),
});

/** A plan that `issue` accepts for this request at `now`. */
export const aPlan = (request: AccessRequest, now: Date): Plan => ({
  provider: 'aws',
  grantId: request.details.id,
  installationId: 'test-mark',
  name: `bg-test-${request.details.id}`,
  plannedEnd: plannedEndOf(request, now),
  nativeEnd: 'exact',
  cleanUpAt: after(plannedEndOf(request, now), 12 * HOUR),
  propagationSeconds: request.details.terms.timings.propagationSeconds,
  scope: { actions: 1, resources: 1, wildcards: 1 },
  hashes: { trust: 'a'.repeat(64), access: 'b'.repeat(64) },
  // Looks like an instant and must stay what it is: text.
  detail: { roleName: `bg-test-${request.details.id}`, notAfter: plannedEndOf(request, now).toISOString() },
});

/** The plans that `issue_extension` accepts for what was asked on this request. */
export const laterPlans = (request: AccessRequest | undefined): readonly Plan[] => {
  if (request?.state !== 'active' || request.extension === undefined) return [];
  const { extension, grants } = request;
  return grants.map(({ plan }) => ({
    ...plan,
    plannedEnd: after(plan.plannedEnd, extension.minutes * MINUTE),
    cleanUpAt: after(plan.cleanUpAt, extension.minutes * MINUTE),
  }));
};

export const requestCommand = (id: string, change: Partial<RequestInput> = {}): Command => ({
  type: 'request',
  id,
  channels: { slack: 'C0INCIDENT' },
  input: anInput(change),
});

/** One step of a story: who does what when. `command` may look at the request as it stands. */
export interface Step {
  readonly state: State | 'planned' | 'removed';
  /** Milliseconds after the step before it. */
  readonly after: number;
  readonly actor: Actor;
  readonly command: (request: AccessRequest | undefined, now: Date) => Command;
}

const existing = (request: AccessRequest | undefined): AccessRequest => {
  if (request === undefined) throw new Error('nothing was asked yet');
  return request;
};

/** The story of a request that goes well: asked, approved, planned, opened, ended, removed, proven. `state` is where each step leads. */
export const storyOf = (id: string, change: Partial<RequestInput> = {}): readonly Step[] => {
  const minutes = change.minutes ?? 30;
  const approvers: readonly CastName[] = change.role === 'rotate-keys' ? ['avery', 'sasha'] : ['avery'];
  return [
    { state: 'pending', after: 0, actor: personActor('riley'), command: () => requestCommand(id, change) },
    ...approvers.map(
      (name, index): Step => ({
        state: index === approvers.length - 1 ? 'granting' : 'pending',
        after: MINUTE,
        actor: personActor(name),
        command: (request) => ({ type: 'approve', digest: existing(request).details.digest }),
      }),
    ),
    {
      state: 'planned',
      after: SECOND,
      actor: SYSTEM,
      command: (request, now) => ({ type: 'issue', plan: aPlan(existing(request), now) }),
    },
    { state: 'active', after: 5 * SECOND, actor: SYSTEM, command: () => ({ type: 'grant_confirmed', grantId: id }) },
    { state: 'revoking', after: minutes * MINUTE, actor: SYSTEM, command: () => ({ type: 'expire' }) },
    {
      state: 'removed',
      after: SECOND,
      actor: SYSTEM,
      command: (_request, now) => ({
        type: 'revoke_confirmed',
        grantId: id,
        proof: { readAt: now, contested: false, hashes: { revoked: 'c'.repeat(64) } },
      }),
    },
    {
      state: 'closed',
      after: 10 * MINUTE,
      actor: SYSTEM,
      command: (request, now) => ({
        type: 'sessions_confirmed',
        grantId: id,
        proof: propagated(existing(request), now),
      }),
    },
  ];
};

function propagated(request: AccessRequest, now: Date) {
  const removed = request.state === 'revoking' ? request.grants[0]?.accessRemoved : undefined;
  if (removed === undefined) throw new Error('access was not removed yet');
  const waitedSeconds = (now.getTime() - removed.readAt.getTime()) / SECOND;
  return { by: 'propagation', removalReadAt: removed.readAt, waitedSeconds } as const;
}

/** A request somewhere on its way, with everything that was recorded until there. */
export interface Walked {
  readonly request: AccessRequest;
  readonly events: readonly NewEvent[];
  readonly now: Date;
  /** The same as a store keeps it, to be gone on with. */
  readonly kept: KeptRow;
}

/**
 * A request in the wanted state, reached only by `decide`. `planned` is `granting` with its plan committed, `removed`
 * is `revoking` with the access gone and the sessions not yet proven ended.
 */
export function walkTo(
  state: Step['state'],
  { id = 'R1', start = START, input = {} }: { id?: string; start?: Date; input?: Partial<RequestInput> } = {},
): Walked {
  const steps = storyOf(id, input);
  const last = steps.findLastIndex((step) => step.state === state);
  let request: AccessRequest | undefined;
  let now = start;
  const events: NewEvent[] = [];
  const kept = new KeptRow();
  for (const step of steps.slice(0, last + 1)) {
    now = after(now, step.after);
    const decision = decide(request, step.command(request, now), step.actor, okFacts(now), now);
    request = accepted(decision).next;
    events.push(...accepted(decision).events);
    kept.keep(accepted(decision), step.actor, now);
  }
  return { request: existing(request), events, now, kept };
}

/** The decision, which must be a yes. */
export function accepted(decision: Decision): Extract<Decision, { ok: true }> {
  if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`);
  return decision;
}
