import { z } from 'zod';
import { lintPolicy } from '../../../src/core/lint/lint.ts';
import { type CloudDefinition, cloudTermsOf, principalOf } from '../../../src/core/policy/cloud.ts';
import type { Definitions } from '../../../src/core/policy/definitions.ts';
import { type Policy, PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { termsOf } from '../../../src/core/policy/terms.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { readPolicy } from '../../../src/policy-file.ts';
import { edited } from '../../policy-file/small-policy.ts';
import { UNREAD_DOCUMENTS, withAws } from '../../support/definitions.ts';

/* A second cloud beside the one there is, with members, people, lint and timings of its own: a few lines that stand here. */

const SECOND: CloudDefinition = {
  ...(DEFINITIONS.clouds.aws as CloudDefinition),
  name: 'second',
  accountId: z.string().regex(/^[a-z0-9-]{3,30}$/, 'must be a slug'),
  account: { parent: z.string() },
  role: { verbs: z.array(z.string()).min(1) },
  principal: z.strictObject({ kind: z.literal('badge'), number: z.string() }),
  floors: { propagationSeconds: 420 },
  identities: (_person, principal) => [
    { what: 'badge', key: z.object({ number: z.string() }).parse(principal).number },
  ],
  lintAccount: ({ id }) => (id === 'bad-one' ? [{ path: ['parent'], message: 'is no parent' }] : []),
  lintRole: ({ id }) => (id === 'bad-role' ? [{ path: ['verbs', 0], message: 'means nothing' }] : []),
  lintPolicy: () => [],
  words: { ...(DEFINITIONS.clouds.aws as CloudDefinition).words, name: 'Second', identity: 'a badge' },
};
const BOTH: Definitions = { ...UNREAD_DOCUMENTS, clouds: { ...UNREAD_DOCUMENTS.clouds, second: SECOND } };

/** The small policy with an account of the second cloud that is called as the first one's, and a role in it. */
const text = (change: (text: string) => string = (same) => same) =>
  change(
    edited(
      'runbooks:\n',
      `  - { id: stop, name: Stop, summary: Stops, zone: B, domain: production, environment: p, provider: second, account: "111122223333", maxMinutes: 30, mayAsk: [serving], verbs: [stop] }
runbooks:\n`,
      edited(
        'roles:\n',
        '  - { id: "111122223333", name: Elsewhere, provider: second, parent: top }\nroles:\n',
        edited(
          'user/ana" } }',
          'user/ana" }, second: { kind: badge, number: "1" } }',
          edited('channels:', 'timings: { propagationSeconds: 420 }\nchannels:'),
        ),
      ),
    ),
  );
const read = (written: string, definitions = BOTH) => readPolicy(written, 'f.yaml', PRODUCTION_FLOORS, definitions);
const errors = (written: string, definitions = BOTH) => {
  const found = read(written, definitions);
  return found.ok ? [] : found.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
};
const policy = (): Policy => {
  const found = read(text());
  if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
  return found.policy;
};

it('takes accounts, roles and people of both clouds, each by its own schema', () => {
  const { accounts, roles, people } = policy();
  expect(accounts[1]).toEqual({ id: '111122223333', name: 'Elsewhere', provider: 'second', parent: 'top' });
  expect(roles[1]).toMatchObject({ provider: 'second', verbs: ['stop'] });
  expect(people[0]?.clouds).toMatchObject({ aws: { kind: 'iam-user' }, second: { kind: 'badge', number: '1' } });
});

it('keeps accounts apart that two clouds call the same', () => {
  expect(termsOf(policy(), 'restart')?.account).toMatchObject({ name: 'Production', provider: 'aws' });
  expect(termsOf(policy(), 'stop')?.account).toMatchObject({ name: 'Elsewhere', provider: 'second' });
});

// biome-ignore format: a table
it.each<[what: string, change: (text: string) => string, error: string]>([
  ['a cloud that nobody knows, naming those there are', (t) => t.replace('name: Elsewhere, provider: second', 'name: Elsewhere, provider: third'), 'accounts[1].provider must be one of: aws, second'],
  ['a member of another cloud', (t) => t.replace('verbs: [stop]', 'verbs: [stop], startsCodeAs: []'), 'unknown key "startsCodeAs" in roles[1]'],
  ['a missing member', (t) => t.replace(', verbs: [stop]', ''), 'roles[1].verbs is missing'],
  ['a person in a cloud that nobody knows', (t) => t.replace('second: { kind: badge', 'third: { kind: badge'), 'unknown key "third" in people[0].clouds: remove it, or use one of: aws, second'],
  ['a principal of another cloud’s kind', (t) => t.replace('kind: badge', 'kind: iam-user'), 'people[0].clouds.second.kind must be badge'],
  ['a role in an account of another cloud alone', (t) => t.replace('- { id: "111122223333", name: Elsewhere', '- { id: other, name: Elsewhere'), 'unknown account "111122223333"'],
  ['two people of one badge', (t) => t.replace('user/bo" } }', 'user/bo" }, second: { kind: badge, number: "1" } }'), '"bo" and "ana" share one badge: each belongs to one person only'],
  ['what it finds wrong with an account', (t) => t.replaceAll('"111122223333", name: Elsewhere', 'bad-one, name: Elsewhere').replace('provider: second, account: "111122223333"', 'provider: second, account: bad-one'), 'is no parent'],
  ['what it finds wrong with a role', (t) => t.replace('id: stop, name', 'id: bad-role, name'), 'role "bad-role", verbs[0]: means nothing'],
  ['a waiting time that is too short for one of them', (t) => t.replace('propagationSeconds: 420', 'propagationSeconds: 419'), 'timings.propagationSeconds must be at least 420 seconds, since there are accounts of Second'],
])('refuses %s', (_what, change, error) => {
  expect(errors(text(change))).toContainEqual(expect.stringContaining(error));
});

it('holds a waiting time to the clouds that are used, and to what was lowered', () => {
  const short = edited('channels:', 'timings: { propagationSeconds: 300 }\nchannels:');
  expect(errors(short)).toEqual([]);
  const lowered = { ...PRODUCTION_FLOORS, propagation: 1 };
  expect(
    readPolicy(
      text((t) => t.replace('propagationSeconds: 420', 'propagationSeconds: 2')),
      'f.yaml',
      lowered,
      BOTH,
    ).ok,
  ).toBe(true);
});

it('does not let a cloud take the place of a member that all have', () => {
  const definitions = withAws({
    account: { name: z.literal('anything'), brokerRole: z.string() },
    role: { zone: z.any() },
  });
  const { shape } = policySchema(PRODUCTION_FLOORS, definitions);
  const account = { id: '111122223333', name: 'Production', provider: 'aws', brokerRole: 'x' };
  expect(shape.accounts.safeParse([account]).success).toBe(true);
  expect(shape.roles.safeParse([{ ...policy().roles[0], zone: 'Z' }]).success).toBe(false);
});

it('knows somebody by the cloud that is asked for, and nobody in a cloud that is not here', () => {
  const { people, teams, onCall } = policy();
  const [ana] = people;
  if (ana === undefined) throw new Error('nobody');
  const of = (cloud: string, clouds = BOTH.clouds) => principalOf(clouds, { people, teams, onCall }, ana, cloud);
  expect(of('aws')).toMatchObject({ kind: 'iam-user' });
  expect(of('second')).toMatchObject({ kind: 'badge' });
  expect(of('second', DEFINITIONS.clouds)).toBeUndefined();
  expect(of('third')).toBeUndefined();
});

it('promises nothing of a cloud that is not here, and says so', () => {
  const terms = termsOf(policy(), 'stop');
  if (terms === undefined) throw new Error('no terms');
  expect(cloudTermsOf(DEFINITIONS.clouds, terms)).toMatchObject({
    nativeEnd: 'scheduled',
    caveats: [expect.stringContaining('The cloud "second" is not known here')],
  });
  expect(lintPolicy(policy(), BOTH, PRODUCTION_FLOORS).filter(({ severity }) => severity === 'error')).toEqual([]);
});
