import { type Account, effectivePolicies, type Role, type RolePolicies, sessionArn, type User } from './accounts.ts';
import { Context } from './conditions.ts';
import type { PolicySets } from './evaluator.ts';
import { type KeyHolder, type Session, unknownToken } from './key-ring.ts';
import { type Policy, parsePolicy } from './policy-document.ts';
import { managedDocument, type World } from './world.ts';
import { wireTime } from './xml.ts';

/** Who makes a request, with everything the rules need to judge it. */
export interface Caller {
  readonly account: Account;
  /** As CloudTrail names it: the user, or the assumed-role session. */
  readonly arn: string;
  /** As `aws:PrincipalArn` names it: the user, or the session's role. */
  readonly principalArn: string;
  readonly entityId: string;
  /** As GetCallerIdentity's `UserId`. */
  readonly userId: string;
  readonly session: Session | undefined;
  readonly policies: PolicySets;
  readonly context: Context;
}

/** A policy that allows everything: AWS attaches it beside every service control policy. */
const FULL_ACCESS: Policy = [{ effect: 'Allow', actions: ['*'], resources: ['*'], conditions: [] }];

const identity = (text: string): Policy => parsePolicy(text, 'identity');

function organizationOf(account: Account): Pick<PolicySets, 'organization'> {
  const documents = account.serviceControlPolicies;
  return documents.length === 0 ? {} : { organization: [FULL_ACCESS, ...documents.map(identity)] };
}

function rolePolicySets(world: World, account: Account, policies: RolePolicies, session: Session): PolicySets {
  const documents = [
    ...Object.values(policies.inline),
    ...policies.attached.map((arn) => managedDocument(world, account, arn)),
  ];
  return {
    identity: documents.map(identity),
    ...(policies.boundary !== undefined && {
      boundary: [identity(managedDocument(world, account, policies.boundary))],
    }),
    ...(session.policies !== undefined && { session: session.policies.map(identity) }),
    ...organizationOf(account),
  };
}

interface Circumstances {
  readonly now: Date;
  readonly sourceIp: string;
  readonly region: string;
}

function contextOf(
  caller: Pick<Caller, 'account' | 'principalArn' | 'userId' | 'session'>,
  tags: ReadonlyMap<string, string>,
  { now, sourceIp, region }: Circumstances,
): Context {
  const { session } = caller;
  const temporary: [string, string | undefined][] =
    session === undefined
      ? []
      : [
          ['aws:TokenIssueTime', wireTime(session.issuedAt)],
          ['aws:MultiFactorAuthPresent', String(session.mfaAt !== undefined)],
          [
            'aws:MultiFactorAuthAge',
            session.mfaAt && String(Math.floor((now.getTime() - session.mfaAt.getTime()) / 1000)),
          ],
          ['aws:SourceIdentity', session.sourceIdentity],
          ...Object.entries(session.facts),
        ];
  return new Context([
    ['aws:CurrentTime', now.toISOString()],
    ['aws:EpochTime', String(Math.floor(now.getTime() / 1000))],
    ['aws:SourceIp', sourceIp],
    ['aws:RequestedRegion', region],
    ['aws:ViaAWSService', 'false'],
    ['aws:PrincipalIsAWSService', 'false'],
    ['aws:PrincipalArn', caller.principalArn],
    ['aws:PrincipalAccount', caller.account.id],
    ['aws:PrincipalOrgID', caller.account.organization],
    ['aws:PrincipalType', session?.of === 'role' ? 'AssumedRole' : 'User'],
    ['aws:userid', caller.userId],
    ...(session?.of === 'role' ? [] : [['aws:username', caller.principalArn.split('/').at(-1)] as const]),
    ...[...tags].map(([key, value]) => [`aws:PrincipalTag/${key}`, value] as const),
    ...temporary,
  ]);
}

const tagMap = (...lists: (readonly { readonly Key: string; readonly Value: string }[])[]): Map<string, string> =>
  new Map(lists.flat().map(({ Key, Value }) => [Key, Value]));

function userCaller(account: Account, user: User, session: Session | undefined, at: Circumstances): Caller {
  const base = { account, arn: user.arn, principalArn: user.arn, entityId: user.id, userId: user.id, session };
  const policies = { identity: Object.values(user.inline).map(identity), ...organizationOf(account) };
  return { ...base, policies, context: contextOf(base, tagMap(user.tags), at) };
}

function roleCaller(world: World, account: Account, role: Role, session: Session, at: Circumstances): Caller {
  const policies = effectivePolicies(role, world.base());
  const base = {
    account,
    arn: sessionArn(account, role.name, session.name),
    principalArn: role.arn,
    entityId: role.id,
    userId: `${role.id}:${session.name}`,
    session,
  };
  const tags = tagMap(policies?.tags ?? [], session.tags);
  return {
    ...base,
    policies: policies === undefined ? { identity: [] } : rolePolicySets(world, account, policies, session),
    context: contextOf(base, tags, at),
  };
}

/** Finds the principal behind a key, as it stands now. A session whose role or user is gone is an unknown token. */
export function callerOf(world: World, holder: KeyHolder, at: Circumstances): Caller {
  const accountId = holder.kind === 'user' ? holder.account : holder.session.account;
  const account = world.accounts.get(accountId);
  if (account === undefined) throw unknownToken();
  const session = holder.kind === 'session' ? holder.session : undefined;
  const entityId = holder.kind === 'user' ? holder.userId : holder.session.entityId;
  const user = [...account.users.values()].find(({ id }) => id === entityId);
  if (user !== undefined) return userCaller(account, user, session, at);
  const role = [...account.roles.values()].find(({ id }) => id === entityId);
  if (role === undefined || session === undefined) throw unknownToken();
  return roleCaller(world, account, role, session, at);
}
