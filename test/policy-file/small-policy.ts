import { type Policy, PRODUCTION_FLOORS } from '../../src/core/policy/policy.ts';
import { readPolicy } from '../../src/policy-file.ts';
import { UNREAD_DOCUMENTS } from '../support/definitions.ts';

/** The smallest configuration that lints clean: three zones, one role, three teams of one or two. */
export const SMALL = `version: 1
organisation: Acme
phone: "+49 30 1"
channels: { slack: { default: C0ONE, security: C0TWO } }
zones:
  A:
    maxMinutes: 60
    approvals: [{ who: requester, name: Self, assurance: chat }]
  B:
    maxMinutes: 30
    approvals:
      - { who: group, name: Outside, teams: [sre], assurance: chat }
    unverified_incident: refuse
  C:
    maxMinutes: 15
    approvals:
      - { who: group, name: Security, teams: [security], assurance: chat }
      - { who: group, name: Sre, teams: [sre], assurance: chat }
accounts:
  - id: "111122223333"
    name: Production
    provider: aws
    brokerRole: arn:aws:iam::111122223333:role/broker
    externalId: acme-prod
    boundaries:
      A: arn:aws:iam::111122223333:policy/guard/a
      B: arn:aws:iam::111122223333:policy/guard/b
      C: arn:aws:iam::111122223333:policy/guard/c
roles:
  - id: restart
    name: Restart
    summary: Restarts things
    zone: B
    domain: production
    environment: production
    provider: aws
    account: "111122223333"
    maxMinutes: 30
    mayAsk: [serving]
    startsCodeAs: ["arn:aws:iam::111122223333:role/tasks"]
    policies:
      - name: restart
        document:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Action: "ecs:UpdateService", Resource: "arn:aws:ecs:eu-west-1:111122223333:service/a/b" }]
runbooks:
  - id: hangs
    title: It hangs
    url: https://runbooks.example/hangs
    role: restart
    minutes: 15
    reason: recovery
    trigger: It hangs
    escalation: Call the lead
directory: { kind: file }
incidents: { kind: file }
teams:
  - { id: serving, name: Serving }
  - { id: sre, name: SRE }
  - { id: security, name: Security }
people:
  - id: ana
    name: Ana
    teams: [serving]
    chats: { slack: [{ workspace: T1, user: U1 }] }
    clouds: { aws: { kind: iam-user, arn: "arn:aws:iam::123456789012:user/ana" } }
  - id: bo
    name: Bo
    teams: [sre]
    chats: { slack: [{ workspace: T1, user: U2 }] }
    clouds: { aws: { kind: iam-user, arn: "arn:aws:iam::123456789012:user/bo" } }
  - id: cy
    name: Cy
    teams: [security]
    chats: { slack: [{ workspace: T1, user: U3 }] }
onCall: { sre: [bo] }
incidentList:
  - { id: INC-1, title: It hangs, state: open, channels: { slack: C0INC } }
security: { teams: [security, sre] }
`;

/** The small policy with one passage replaced; a passage that is not there fails the test that names it. */
export function edited(passage: string, replacement: string, text = SMALL): string {
  if (!text.includes(passage)) throw new Error(`not in the text: ${passage}`);
  return text.replace(passage, () => replacement);
}

/** As the product reads it, its documents unseen; throws with every problem if it does not. */
export function policyOf(text = SMALL): Policy {
  const read = readPolicy(text, 'small.yaml', PRODUCTION_FLOORS, UNREAD_DOCUMENTS);
  if (!read.ok) throw new Error(read.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return read.policy;
}
