import fc from 'fast-check';
import { readPolicy } from '../../../../src/clouds/aws/policy/grammar.ts';
import { lintPowers } from '../../../../src/clouds/aws/policy/lint-powers.ts';
import { overlaps } from '../../../../src/clouds/aws/policy/pattern.ts';
import { CHANGES_IDENTITIES, FORBIDDEN } from '../../../../src/clouds/aws/policy/powers.ts';
import { STARTS_CODE } from '../../../../src/clouds/aws/policy/powers-code.ts';
import { VENDS_SECRETS } from '../../../../src/clouds/aws/policy/powers-secrets.ts';
import { SHARES } from '../../../../src/clouds/aws/policy/powers-share.ts';
import type { AwsRole as Role } from '../../../../src/clouds/aws/policy/schema.ts';
import { LONG } from '../../../support/long.ts';
import { allActions, type KnownAction } from '../iam-data.ts';
import { allow, document, role } from '../inputs.ts';
import { allowedUnder, examplesFor, NAMED_TARGETS } from '../simulate.ts';

/*
 * What lint refuses, the boundary of the zone denies; what lint accepts in zones B and C, it does not. Every action that has
 * a class or is forbidden, and 500 others; all 22,000 in the long run (npm run check:iam).
 */
const OTHERS = { seed: 8, numRuns: 500 };
const TIMEOUT_MS = LONG ? 900_000 : 120_000;
const ZONES = ['A', 'B', 'C'] as const;
type Zone = (typeof ZONES)[number];

/**
 * No policy can refuse it. It tells the caller their own name.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
const UNDENIABLE = 'sts:GetCallerIdentity';

const tables = new Set([SHARES, STARTS_CODE, VENDS_SECRETS].flatMap(({ actions }) => actions));
const patterns = [...FORBIDDEN.map(({ pattern }) => pattern), ...CHANGES_IDENTITIES, 'cloudformation:*'];

const [target = ''] = NAMED_TARGETS;

const answers = new Map<string, boolean>();

/** Does lint refuse the action itself, on a resource that the role names in every way it can? */
function refused(zone: Zone, action: string): boolean {
  const key = `${zone} ${action}`;
  const answer = answers.get(key) ?? refusedAnew(zone, action);
  answers.set(key, answer);
  return answer;
}

function refusedAnew(zone: Zone, action: string): boolean {
  const change: Partial<Role> = {
    zone,
    startsCodeAs: [target],
    identityTargets: zone === 'C' ? [target] : [],
    policies: [{ name: 'x', document: document(allow(action, target)) }],
  };
  return lintPowers(role(change), readPolicy(document(allow(action, target))).rules).length > 0;
}

let chosen: readonly KnownAction[];
beforeAll(async () => {
  const all = await allActions();
  const known = all.filter(({ name }) => tables.has(name) || patterns.some((pattern) => overlaps(pattern, name, true)));
  const others = all.filter((action) => !known.includes(action));
  chosen = LONG ? all : [...known, ...fc.sample(fc.constantFrom(...others), OTHERS)];
});

describe.each(ZONES)('zone %s', (zone) => {
  it(
    'denies by its boundary, on every kind of resource, what lint refuses (C3)',
    () => {
      const open = chosen
        .filter(({ name }) => name !== UNDENIABLE && refused(zone, name))
        .filter((action) => examplesFor(action).some((resource) => allowedUnder(zone, action.name, resource)));
      expect(open.map(({ name }) => name)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe.each(['B', 'C'] as const)('zone %s', (zone) => {
  it(
    'lets through what lint accepts, so that no role is good on paper and useless at night',
    () => {
      const shut = chosen
        .filter(({ name }) => !refused(zone, name))
        .filter(
          (action) =>
            ![...examplesFor(action), ...NAMED_TARGETS].some((resource) => allowedUnder(zone, action.name, resource)),
        );
      expect(shut.map(({ name }) => name)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

it('simulates more than a thousand refusals', () => {
  expect(chosen.filter(({ name }) => refused('A', name)).length).toBeGreaterThan(1000);
  expect(chosen.filter(({ name }) => refused('C', name)).length).toBeGreaterThan(300);
});
