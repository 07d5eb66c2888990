import { inputProblems, type ManifestInput } from '../../../../src/clouds/aws/policy/manifests.ts';

const ORDER: ManifestInput = {
  partition: 'aws',
  account: '111122223333',
  networks: ['10.0.0.0/8', 'fd00::/8'],
  vpcs: [],
  organization: 'o-ourowngroup',
  brokerRole: 'breakglass-broker',
  securityRole: 'our-admin',
  identityTargets: ['arn:aws:iam::111122223333:role/service/gateway', 'arn:aws:iam::111122223333:policy/app'],
  worker: 'arn:aws:iam::777788889999:role/hosts/breakglass-worker',
  externalId: 'our-external-id',
};
const said = (change: Partial<ManifestInput>): string => inputProblems({ ...ORDER, ...change }).join('\n');

it('has nothing to say of an order that is right', () => {
  expect(said({})).toBe('');
  expect(said({ worker: 'arn:aws:iam::777788889999:user/worker' })).toBe('');
});

it.each([
  'arn:aws:iam::111122223333:root',
  'arn:aws:iam::111122223333:group/x',
  'arn:aws:iam::111122223333:role/',
  'arn:aws:iam::111122223333:role/x/',
  'arn:aws:iam::111122223333:role/*',
  'arn:aws:iam::1111:role/w',
  'arn:aws:iam:us-east-1:111122223333:role/w',
  'arn:aws:iam:::x',
  'arn:aws:iam::HOME_ACCOUNT:role/YOUR_WORKER',
  'arn:aws:iam::111122223333:role/YOUR_WORKER',
  'arn:aws:sts::111122223333:assumed-role/w/session',
  '*',
])('lets no worker in as %s', (worker) => {
  expect(said({ worker })).toMatch(/^--worker ".*" is no role or user of partition aws: [^\n]*$/);
});

it('takes no placeholder of the README for an own value', () => {
  expect(said({ organization: 'o-yourorganization' })).toMatch(/^--organization ".*" is no id/);
  expect(said({ externalId: 'YOUR_EXTERNAL_ID' })).toMatch(/^--external-id must be .* your own$/);
});

it('wants two roles, whatever their letter case', () => {
  expect(said({ brokerRole: 'x', securityRole: 'X' })).toMatch(/^--broker-role and --security-role are both "x"/);
});

it.each([
  ['0.0.0.0/0', /is every address/],
  ['::/0', /is every address/],
  ['0.0.0.0/00', /is no range of addresses/],
  ['198.51.100.0/024', /is no range of addresses/],
  ['0.0.0.0/1', /is wider than/],
  ['10.0.0.0/7', /is wider than/],
  ['2000::/3', /is wider than/],
])('takes no network %s', (network, words) => {
  expect(said({ networks: [network] })).toMatch(words);
});

it.each([
  ['root', /is no whole ARN of a role, user, group or policy/],
  ['role/', /is no whole ARN/],
  ['role/breakglass-broker', /guards the grant itself/],
  ['role/breakglass/bg-x', /guards the grant itself/],
  ['policy/breakglass-guardrails/boundary-c', /guards the grant itself/],
  ['role/our-admin', /guards the grant itself/],
])('takes no target %s', (resource, words) => {
  expect(said({ identityTargets: [`arn:aws:iam::111122223333:${resource}`] })).toMatch(words);
});
