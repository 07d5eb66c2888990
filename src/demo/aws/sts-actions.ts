import type { Account, Role, Tag } from './accounts.ts';
import { sessionArn } from './accounts.ts';
import type { Caller } from './caller.ts';
import { AwsFault, accessDenied, validationError } from './faults.ts';
import type { Call, Facts, Operations } from './operation.ts';
import { POLICY_ARN, TAG_KEY, TAGS } from './operation.ts';
import { parsePolicy } from './policy-document.ts';
import type { Rule } from './query.ts';
import { tagFacts, tagsOf } from './tags.ts';
import { mayAssume } from './trust.ts';
import { managedDocument } from './world.ts';
import type { XmlValue } from './xml.ts';

/** A session made by a session lives an hour at most. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html */
const CHAINED_SECONDS_MAX = 3600;
const SESSION_POLICY_LENGTH_MAX = 2048;
const SESSION_NAME = {
  kind: 'text',
  required: true,
  min: 2,
  max: 64,
  pattern: /^[\w+=,.@-]+$/,
} as const satisfies Rule;

interface Assumption {
  readonly tags: readonly Tag[];
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
}

/** What the new session carries: what was asked, and what a calling session hands on. */
function assumptionOf(call: Call): Assumption {
  const { params, caller } = call;
  const inherited = (caller.session?.tags ?? []).filter(({ Key }) => caller.session?.transitiveTagKeys.includes(Key));
  const asked = tagsOf(params.structures('Tags'));
  const transitive = params.list('TransitiveTagKeys');
  const clash = asked.find(({ Key }) => inherited.some((tag) => tag.Key.toLowerCase() === Key.toLowerCase()));
  if (clash !== undefined) {
    throw new AwsFault(
      'InvalidParameterValue',
      400,
      `One of the specified transitive tag keys can't be set: ${clash.Key}`,
    );
  }
  if (transitive.some((key) => !asked.some((tag) => tag.Key === key))) {
    throw new AwsFault(
      'InvalidParameterValue',
      400,
      'The specified transitive tag key must be included in the requested tags.',
    );
  }
  const given = params.maybe('SourceIdentity');
  const held = caller.session?.sourceIdentity;
  if (held !== undefined && given !== undefined && held !== given) throw notAuthorized(call, 'sts:SetSourceIdentity');
  return {
    tags: [...inherited, ...asked],
    transitiveTagKeys: [...inherited.map(({ Key }) => Key), ...transitive],
    sourceIdentity: given ?? held,
  };
}

const notAuthorized = ({ caller, params }: Call, action: string) =>
  accessDenied(`User: ${caller.arn} is not authorized to perform: ${action} on resource: ${params.text('RoleArn')}`);

/** Throws `AccessDenied` unless trust and caller allow every action the request implies. A missing role answers the same. */
function permittedAssumption(call: Call, assumption: Assumption): { role: Role; account: Account } {
  const { params, world, caller } = call;
  const arn = params.text('RoleArn');
  const [, accountId = '', name = ''] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/.exec(arn) ?? [];
  if (name === '') throw validationError(`${arn} is invalid`);
  const owner = world.accounts.get(accountId);
  const found = owner?.roles.get(name.toLowerCase());
  const role = found?.arn === arn ? found : undefined;
  const facts: Facts = [
    ['sts:ExternalId', params.maybe('ExternalId')],
    ['sts:RoleSessionName', params.text('RoleSessionName')],
    ['sts:SourceIdentity', assumption.sourceIdentity],
    ['sts:TransitiveTagKeys', assumption.transitiveTagKeys.length === 0 ? undefined : assumption.transitiveTagKeys],
    ...tagFacts(assumption.tags.map(({ Key, Value }) => ({ Key, Value }))),
    ['aws:ResourceAccount', accountId],
    ...(role?.policies.tags ?? []).map(({ Key, Value }) => [`aws:ResourceTag/${Key}`, Value] as const),
  ];
  const actions = [
    'sts:AssumeRole',
    ...(assumption.tags.length > 0 ? ['sts:TagSession'] : []),
    ...(assumption.sourceIdentity !== undefined ? ['sts:SetSourceIdentity'] : []),
  ];
  const context = caller.context.with(facts);
  for (const action of actions) {
    if (role === undefined || !mayAssume(world, role, accountId, caller, { action, resource: arn, context })) {
      throw notAuthorized(call, action);
    }
  }
  if (role === undefined || owner === undefined) throw notAuthorized(call, 'sts:AssumeRole');
  return { role, account: owner };
}

function durationOf(call: Call, role: Role): number {
  const seconds = call.params.number('DurationSeconds');
  const chained = call.caller.session?.of === 'role';
  if (chained && seconds !== undefined && seconds > CHAINED_SECONDS_MAX) {
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  }
  if (seconds !== undefined && seconds > role.maxSessionDuration) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
  return seconds ?? 3600;
}

function sessionPolicies(call: Call, owner: Account): readonly string[] | undefined {
  const inline = call.params.maybe('Policy');
  const arns = call.params.structures('PolicyArns').map(({ arn = '' }) => arn);
  if (inline === undefined && arns.length === 0) return undefined;
  const managed = arns.map((arn) => managedDocument(call.world, owner, arn));
  const all = [...(inline === undefined ? [] : [inline]), ...managed];
  for (const document of all) parsePolicy(document, 'identity');
  if ((inline?.length ?? 0) > SESSION_POLICY_LENGTH_MAX) {
    throw new AwsFault('PackedPolicyTooLarge', 400, 'The session policy exceeds the size that STS allows.');
  }
  return all;
}

function assumeRole(call: Call): XmlValue {
  const { params, world } = call;
  if ((params.maybe('SerialNumber') ?? params.maybe('TokenCode')) !== undefined) {
    // No device is registered here; a person with MFA signs in through the local sign-in and brings it on the session.
    throw accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ');
  }
  const assumption = assumptionOf(call);
  const { role, account } = permittedAssumption(call, assumption);
  const seconds = durationOf(call, role);
  const policies = sessionPolicies(call, account);
  const name = params.text('RoleSessionName');
  const issuedAt = world.now();
  const expiresAt = new Date(issuedAt.getTime() + seconds * 1000);
  const keys = world.keys.issueSession({
    ...assumption,
    of: 'role',
    account: account.id,
    entityId: role.id,
    name,
    issuedAt,
    expiresAt,
    policies,
    facts: {},
    mfaAt: undefined,
  });
  return {
    Credentials: {
      AccessKeyId: keys.accessKeyId,
      SecretAccessKey: keys.secretAccessKey,
      SessionToken: keys.sessionToken,
      Expiration: expiresAt,
    },
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${name}`, Arn: sessionArn(account, role.name, name) },
    PackedPolicySize: policies === undefined ? undefined : 1,
    SourceIdentity: assumption.sourceIdentity,
  };
}

const identityXml = (caller: Caller): XmlValue => ({
  UserId: caller.userId,
  Account: caller.account.id,
  Arn: caller.arn,
});

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const STS_OPERATIONS: Operations = {
  /** No permission is needed, and a Deny does not stop it: the same answer comes back to everyone who has live keys. */
  GetCallerIdentity: { rules: {}, run: ({ caller }) => identityXml(caller) },
  AssumeRole: {
    rules: {
      RoleArn: { kind: 'text', required: true, min: 20, max: 2048, pattern: /^[\t\n\r\x20-\x7e\x85\xa0-\uffff]+$/ },
      RoleSessionName: SESSION_NAME,
      DurationSeconds: { kind: 'number', min: 900, max: 43_200 },
      ExternalId: { kind: 'text', min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/ },
      SourceIdentity: { ...SESSION_NAME, required: false },
      Policy: { kind: 'text', min: 1, max: 131_072, pattern: /^[\t\n\r\x20-\xff]+$/ },
      PolicyArns: { kind: 'structures', max: 10, members: { arn: POLICY_ARN } },
      Tags: TAGS,
      TransitiveTagKeys: { kind: 'list', item: TAG_KEY, max: 50 },
      SerialNumber: { kind: 'text', min: 9, max: 256, pattern: /^[\w+=/:,.@-]*$/ },
      TokenCode: { kind: 'text', min: 6, max: 6, pattern: /^\d*$/ },
    },
    run: assumeRole,
  },
};
