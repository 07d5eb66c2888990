import type { AwsPrincipal } from '../../../src/clouds/aws/policy/principal.ts';
import type { AwsAccount as Account, AwsRole as Role } from '../../../src/clouds/aws/policy/schema.ts';
import { PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { type Terms, unverifiedClauseFor } from '../../../src/core/policy/terms.ts';
import type { RequestDetails } from '../../../src/core/request/request.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import type { PlanInput } from '../../../src/ports/provider.ts';

export const MANAGEMENT = '111111111111';
export const PRODUCTION = '222222222222';
/** An account of another organization. */
export const ELSEWHERE = '333333333333';
export const EXTERNAL_ID = 'external-id-of-the-broker';
export const GUARDRAILS = `arn:aws:iam::${PRODUCTION}:policy/breakglass-guardrails`;
export const BROKER_ROLE = `arn:aws:iam::${PRODUCTION}:role/breakglass-broker`;
export const ALICE: AwsPrincipal = {
  kind: 'identity-center-user',
  account: PRODUCTION,
  permissionSet: 'bg-entry',
  userId: '906722b2-aaaa',
};
export const BOB: AwsPrincipal = { kind: 'iam-user', arn: `arn:aws:iam::${PRODUCTION}:user/bob` };

type Document = Role['policies'][number]['document'];
type Statement = Document[string];

export const document = (...statements: Statement[]): Document => ({ Version: '2012-10-17', Statement: statements });
export const allow = (
  action: string | string[],
  resource: string | string[] = '*',
  more: Document = {},
): Statement => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});

export const account = (change: Partial<Account> = {}): Account => ({
  id: PRODUCTION,
  name: 'production',
  provider: 'aws',
  brokerRole: BROKER_ROLE,
  externalId: EXTERNAL_ID,
  boundaries: {
    A: `${GUARDRAILS}/boundary-a`,
    B: `${GUARDRAILS}/boundary-b`,
    C: `${GUARDRAILS}/boundary-c`,
  },
  sessionTagKeys: [],
  ...change,
});

/** As whom the tasks of `SERVICE` run. */
export const TASK_ROLE = `arn:aws:iam::${PRODUCTION}:role/app/serving-task`;
export const SERVICE = `arn:aws:ecs:eu-west-1:${PRODUCTION}:service/serving/gateway`;

export const role = (change: Partial<Role> = {}): Role => ({
  id: 'serving-restart',
  name: 'Restart model serving',
  summary: 'Restart and scale the serving services.',
  zone: 'B',
  domain: 'production',
  environment: 'production',
  provider: 'aws',
  account: PRODUCTION,
  maxMinutes: 60,
  mayAsk: ['serving'],
  approvals: [],
  policies: [
    { name: 'restart', document: document(allow('ecs:UpdateService', SERVICE), allow(['iam:ListUsers', 'ecs:List*'])) },
  ],
  startsCodeAs: [TASK_ROLE],
  identityTargets: [],
  ...change,
});

export const terms = (change: Partial<Role> = {}, of: Partial<Account> = {}): Terms => ({
  role: role(change),
  account: account(of),
  clauses: [{ who: 'group', name: 'outside', teams: ['sre'], count: 1, assurance: 'chat' }],
  maxMinutes: 60,
  maxTotalMinutes: 60,
  minutesOffered: [15, 30, 60],
  unverifiedIncident: 'accept',
  unverifiedClause: unverifiedClauseFor(['sre']),
  timings: policySchema(PRODUCTION_FLOORS, DEFINITIONS).shape.timings.parse({}),
});

export const details = (change: Partial<RequestDetails> = {}): RequestDetails => {
  const person = (id: string) => ({ id, name: id, keys: [] });
  return {
    id: '01JCZ8T2V9000000000000000A',
    kind: 'real',
    askedAt: new Date('2026-11-21T10:00:00Z'),
    decideBy: new Date('2026-11-21T10:15:00Z'),
    incident: { id: 'INC-42', title: 'Gateway returns 503', verified: true },
    channels: { slack: 'C0INC42' },
    reason: 'recovery',
    purpose: 'Restart the gateway',
    minutes: 30,
    requester: person('alice'),
    askedWith: 'slack:T0DEMO0001:U0DEMO0001',
    commander: person('kenji'),
    subject: { kind: 'person', person: 'alice' },
    deciders: [],
    invite: [],
    terms: terms(),
    digest: 'd'.repeat(64),
    ...change,
  };
};

export const input = (change: Partial<PlanInput> = {}): PlanInput => ({
  grantId: '01JCZ8T2V9000000000000000A',
  installationId: 'mark-of-this-installation',
  head: 'a'.repeat(64),
  plannedEnd: new Date('2026-11-21T10:31:30.789Z'),
  offsetMs: 0,
  target: { provider: 'aws', account: PRODUCTION, principal: ALICE },
  details: details(),
  approvers: [{ id: 'sasha', name: 'Sasha', keys: [] }],
  ...change,
});
