import { effectivePolicies, entityByArn, type Role } from './accounts.ts';
import type { Caller } from './caller.ts';
import { type Ask, deniedBy, evaluate, notAllowedBy, statementFits } from './evaluator.ts';
import { malformedPolicy } from './faults.ts';
import { type Policy, type Principals, parsePolicy } from './policy-document.ts';
import type { World } from './world.ts';

const ACCOUNT = /^(?:arn:(aws[a-z-]*):iam::)?(\d{12})(?::root)?$/;
const SESSION = /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/[\w+=,.@-]{2,64}$/;
const ENTITY = /^arn:aws[a-z-]*:iam::(\d{12}):(?:user|role)\/.+$/;

const partitionOf = (arn: string): string | undefined => /^arn:([^:]+):/.exec(arn)?.[1];

/** The account that a principal names as a whole, by its number or its root; never one of another partition. */
function accountNamed(world: World, name: string): string | undefined {
  const [, partition, id = ''] = ACCOUNT.exec(name) ?? [];
  const account = world.accounts.get(id);
  return account && (partition ?? account.partition) === account.partition ? id : undefined;
}

/** The unique id behind a principal's ARN, or `undefined` where there is no such principal. */
function principalId(world: World, name: string): string | undefined {
  const [, sessionAccount = '', roleName = ''] = SESSION.exec(name) ?? [];
  const owner = world.accounts.get(sessionAccount);
  const sessionRole = owner?.roles.get(roleName.toLowerCase());
  if (owner?.partition === partitionOf(name) && sessionRole?.name === roleName) return sessionRole.id;
  const account = world.accounts.get(ENTITY.exec(name)?.[1] ?? '');
  return account && entityByArn(account, name)?.id;
}

/**
 * Checks a trust document and resolves who it names. IAM stores the unique id of each role and user, so a principal that is
 * deleted and made again is not trusted any more. Throws `MalformedPolicyDocument`, for an unknown principal too.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function resolveTrust(world: World, text: string): Readonly<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const { principals } of parsePolicy(text, 'trust')) {
    for (const name of principals?.aws ?? []) {
      const account = accountNamed(world, name);
      if (account !== undefined) continue;
      const id = principalId(world, name);
      if (id === undefined) throw malformedPolicy(`Invalid principal in policy: "AWS":"${name}"`);
      ids[name] = id;
    }
  }
  return ids;
}

/**
 * How closely a statement names a caller: the `session` or user itself, its `role` (or everybody), or only its `account`,
 * which leaves the decision to the caller's own policies.
 */
type Closeness = 'session' | 'role' | 'account';

function closeness(
  principals: Principals,
  caller: Caller,
  ids: Readonly<Record<string, string>>,
): Closeness | undefined {
  const named = (arn: string) => principals.aws.includes(arn) && ids[arn] === caller.entityId;
  if (named(caller.arn)) return 'session';
  if (principals.everybody || named(caller.principalArn)) return 'role';
  return principals.aws.some((name) => ACCOUNT.exec(name)?.[2] === caller.account.id) ? 'account' : undefined;
}

/** Does a resource control policy of the role's own account refuse this, whoever asks? */
const isDeniedByAccount = (world: World, roleAccount: string, ask: Ask): boolean =>
  (world.accounts.get(roleAccount)?.resourceControlPolicies ?? []).some((text) =>
    parsePolicy(text, 'resource').some((statement) => statementFits(statement, ask, world.bends)),
  );

/** Stands for the identity policies where the trust makes them unnecessary. */
const EVERYTHING: Policy = [{ effect: 'Allow', actions: ['*'], resources: ['*'], conditions: [] }];

const CLOSEST: readonly Closeness[] = ['session', 'role', 'account'];

/**
 * May this caller do this STS action on this role? The role's trust must allow it, no policy of the caller and no resource
 * control policy of the role's account may deny it, and where the trust names only the account, or another account's principal, the caller's own policies must allow it too.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function mayAssume(world: World, role: Role, roleAccount: string, caller: Caller, ask: Ask): boolean {
  const policies = effectivePolicies(role, world.base());
  if (policies === undefined || isDeniedByAccount(world, roleAccount, ask)) return false;
  const speaking = parsePolicy(policies.trust, 'trust').flatMap((statement) => {
    const close = statement.principals && closeness(statement.principals, caller, policies.trustIds);
    // A trust has no Resource element, so the statement fits by action and conditions alone.
    return close !== undefined && statementFits(statement, ask, world.bends)
      ? [{ effect: statement.effect, close }]
      : [];
  });
  if (speaking.some(({ effect }) => effect === 'Deny')) return false;
  const close = CLOSEST.find((one) => speaking.some((statement) => statement.close === one));
  if (close === undefined || deniedBy(caller.policies, ask, world.bends) !== undefined) return false;
  if (close === 'account' || roleAccount !== caller.account.id)
    return evaluate(caller.policies, ask, world.bends).allowed;
  // Named directly: the caller's own policies need not allow it. A boundary limits a role, not a session named itself.
  if (close === 'session') return true;
  const { identity: _own, ...limits } = caller.policies;
  return notAllowedBy({ identity: [EVERYTHING], ...limits }, ask, world.bends) === undefined;
}
