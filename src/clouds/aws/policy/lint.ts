import { digestOf } from '../../../core/canonical.ts';
import type { RoleFinding } from '../../../core/policy/cloud.ts';
import { documentText, sizeOf } from './documents.ts';
import type { Finding } from './grammar.ts';
import { lintPowers } from './lint-powers.ts';
import { arnParts, isOurs, isTarget, partitionOf } from './names.ts';
import { isWild, overlaps } from './pattern.ts';
import { inlinePolicies, managedArns } from './plan.ts';
import { rulesOf } from './reach.ts';
import type { AwsAccount, AwsRole } from './schema.ts';
import { MANAGED_MAX, sizeProblem } from './sizes.ts';
import { trustDocument } from './trust.ts';

/**
 * Everything wrong with a role of the catalog before anybody asks for it (C4): what IAM would refuse, what could not be
 * ended, and what no emergency role may hold. Pure. Paths are relative to the role; every message says what to do.
 */
export function lintAwsRole(role: AwsRole, account: AwsAccount): readonly RoleFinding[] {
  const { rules, findings } = rulesOf(role);
  return [
    ...lintAccount(role, account),
    ...findings,
    ...lintManaged(role, account),
    ...lintTargets(role, account),
    ...lintPartition(role, account),
    ...lintSizes(role, account),
    ...lintPowers(role, rules),
  ];
}

const isOfAccount = (arn: string, account: string): boolean => arnParts(arn)?.account === account;

function lintAccount(role: AwsRole, account: AwsAccount): readonly Finding[] {
  const at: Finding['path'] = ['account'];
  const boundary = account.boundaries[role.zone];
  const resource = arnParts(boundary)?.resource ?? '';
  return [
    ...(role.account === account.id
      ? []
      : [{ path: at, message: `is ${role.account}, but the account given is ${account.id}` }]),
    ...(isOfAccount(account.brokerRole, account.id)
      ? []
      : [{ path: at, message: `has a broker role in another account: name one in ${account.id}` }]),
    ...(isOfAccount(boundary, account.id) && resource.startsWith('policy/') && !isWild(boundary)
      ? []
      : [
          {
            path: at,
            message: `has no usable boundary for zone ${role.zone}: name the ARN of a policy in ${account.id}`,
          },
        ]),
    ...(resource.startsWith('policy/breakglass/')
      ? [
          {
            path: at,
            message: `keeps the boundary of zone ${role.zone} below /breakglass/, where the broker may work: move it to another path`,
          },
        ]
      : []),
  ];
}

/** Managed policies are pinned: the copy is what lint reads, its digest what `issue` compares with the cloud. */
function lintManaged(role: AwsRole, account: AwsAccount): readonly Finding[] {
  const seen = new Set<string>();
  return role.policies.flatMap((policy, index): Finding[] => {
    if (!('arn' in policy)) return [];
    const path = ['policies', index];
    const findings: Finding[] = [];
    const digest = digestOf(policy.document);
    if (digest !== policy.sha256) {
      findings.push({
        path: [...path, 'sha256'],
        message: `does not belong to the copy of the document: if the copy is what you reviewed, write ${digest}`,
      });
    }
    const size = sizeOf(documentText(policy.document));
    if (size > MANAGED_MAX) {
      findings.push({
        path: [...path, 'document'],
        message: `is ${size} characters, of ${MANAGED_MAX} allowed: split it`,
      });
    }
    const ours = isOfAccount(policy.arn, account.id) && arnParts(policy.arn)?.resource.startsWith('policy/breakglass/');
    if (ours !== true || isWild(policy.arn)) {
      findings.push({
        path: [...path, 'arn'],
        message: `must be a policy below /breakglass/ in account ${account.id}: the broker may attach no other`,
      });
    }
    if (seen.has(policy.arn)) findings.push({ path: [...path, 'arn'], message: 'is named twice: remove one' });
    seen.add(policy.arn);
    return findings;
  });
}

/** Whose permissions may be changed: whole ARNs, and never those that guard the grant itself. */
function lintTargets(role: AwsRole, account: AwsAccount): readonly Finding[] {
  const zone: Finding[] =
    role.identityTargets.length > 0 && role.zone !== 'C'
      ? [
          {
            path: ['identityTargets'],
            message: `belong to zone C only: move the role there, or remove them from zone ${role.zone}`,
          },
        ]
      : [];
  const targets = role.identityTargets.flatMap((arn, index): Finding[] => {
    const path = ['identityTargets', index];
    if (isWild(arn)) return [{ path, message: 'must be one whole ARN, without wildcards or variables' }];
    if (!isTarget(arn)) return [{ path, message: 'must be a role, user, group or policy of IAM' }];
    const guards = [account.brokerRole, ...Object.values(account.boundaries)];
    return guards.includes(arn) || isOurs(arn)
      ? [{ path, message: 'guards the grant itself (broker, boundary or /breakglass/): no role may change it' }]
      : [];
  });
  const code = role.startsCodeAs.flatMap((arn, index): Finding[] =>
    isWild(arn)
      ? [{ path: ['startsCodeAs', index], message: 'must be one whole ARN: the card shows it to approvers' }]
      : [],
  );
  return [...zone, ...targets, ...code];
}

/** Every ARN that a role names, wherever it stands, is of the account's partition: elsewhere it would name nothing. */
function lintPartition(role: AwsRole, account: AwsAccount): readonly RoleFinding[] {
  const own = partitionOf(account.brokerRole);
  const { policies, startsCodeAs, identityTargets } = role;
  return textsIn({ policies, startsCodeAs, identityTargets }).flatMap(({ path, text }): RoleFinding[] => {
    const { partition = own } = arnParts(text) ?? {};
    if (overlaps(partition, own) || partition.includes('${')) return [];
    const message = `is of partition ${partition}, but account ${account.id} is of ${own}, where it names nothing: write arn:${own}:…`;
    return [{ path, message, besideAccount: 'brokerRole' }];
  });
}

/** Every text of a JSON value, with its place. */
function textsIn(value: unknown, path: Finding['path'] = []): readonly { path: Finding['path']; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    textsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** A date and a principal stand in: the documents' sizes depend on neither, save for unusually long names. */
const SAMPLE_END = '2026-01-31T12:00:00Z';

function lintSizes(role: AwsRole, account: AwsAccount): readonly Finding[] {
  const trust = documentText(
    trustDocument({
      principal: {
        kind: 'identity-center-user',
        account: account.id,
        permissionSet: 'x'.repeat(32),
        userId: 'f'.repeat(47),
      },
      partition: partitionOf(account.brokerRole),
      end: SAMPLE_END,
      sourceIdentity: 'x'.repeat(64),
      sourceRequired: role.zone === 'C',
      sessionTagKeys: account.sessionTagKeys,
    }),
  );
  try {
    const inline = [...inlinePolicies(role, SAMPLE_END)];
    const problem = sizeProblem({ trust, inline, attached: [...managedArns(role)] });
    return problem === undefined ? [] : [{ path: ['policies'], message: problem }];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ path: ['policies'], message: `${error.message}: leave one spelling of DateLessThan to the broker` }];
  }
}
