import { type AwsPrincipal, principalKey, sourceIdentityOf } from '../../../../src/clouds/aws/policy/principal.ts';
import { principalOf } from '../../../../src/core/policy/cloud.ts';
import type { Person } from '../../../../src/core/policy/directory.ts';
import { directorySchema } from '../../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../../src/definitions.ts';
import { SHARED_IDENTITIES } from './shared-identities.ts';

const user = (rest: string): AwsPrincipal => ({ kind: 'iam-user', arn: `arn:aws:iam::123456789012:${rest}` });
const session = (role: string, name: string, account = '123456789012'): AwsPrincipal => ({
  kind: 'identity-center-session',
  arn: `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_${role}/${name}`,
});
const human = (userId: string, permissionSet = 'entry', account = '123456789012'): AwsPrincipal => ({
  kind: 'identity-center-user',
  account,
  permissionSet,
  userId,
});

describe('the key of a cloud identity (A2)', () => {
  it.each<[promise: string, one: AwsPrincipal, other: AwsPrincipal]>([
    ['another permission set', human('906722b2-aaaa'), human('906722b2-aaaa', 'admin')],
    ['another letter case', human('906722b2-aaaa'), human('906722B2-AAAA')],
    ['another account to go through', human('906722b2-aaaa'), human('906722b2-aaaa', 'entry', '210987654321')],
    ['a session of another permission set', session('entry_1', 'ana@x.example'), session('admin_2', 'Ana@x.example')],
    ['a session in another account', session('entry_1', 'ana'), session('entry_1', 'ana', '210987654321')],
    ['another path of an IAM user', user('user/ana'), user('user/ops/Ana')],
  ])('stays the same with %s', (_promise, one, other) => {
    expect(principalKey(other)).toBe(principalKey(one));
  });

  it.each<[promise: string, one: AwsPrincipal, other: AwsPrincipal]>([
    ['two Identity Center users', human('906722b2-aaaa'), human('906722b2-eeee')],
    ['two sessions', session('entry_1', 'ana'), session('entry_1', 'eve')],
    ['two IAM users', user('user/ana'), user('user/eve')],
    ['IAM users of two accounts', user('user/ana'), { kind: 'iam-user', arn: 'arn:aws:iam::210987654321:user/ana' }],
    ['an IAM user and a session of that name', user('user/ana'), session('entry_1', 'ana')],
  ])('tells %s apart', (_promise, one, other) => {
    expect(principalKey(other)).not.toBe(principalKey(one));
  });
});

describe('the source identity of a person (A2)', () => {
  const person = (id: string, aws: AwsPrincipal) => ({
    id,
    name: id,
    teams: [],
    chats: { slack: [] },
    clouds: { aws },
  });
  const ofAna = (ana: Person, other: Person) =>
    principalOf(DEFINITIONS.clouds, { people: [ana, other], teams: [], onCall: {} }, ana, 'aws');

  it('is what the directory says, else the name of our session', () => {
    expect(sourceIdentityOf('ana', user('user/ana'))).toBe('bg-ana');
    expect(sourceIdentityOf('ana', { ...human('90-aa'), sourceIdentity: 'ana@x.example' })).toBe('ana@x.example');
  });

  it('names nobody where two people have it, whatever the letter case and whoever got it by default', () => {
    const ana = person('ana', user('user/ana'));
    expect(ofAna(ana, person('eve', user('user/eve')))).toBe(ana.clouds.aws);
    expect(ofAna(ana, person('eve', { ...user('user/eve'), sourceIdentity: 'bg-ana' }))).toBeUndefined();
    expect(ofAna(ana, person('eve', { ...user('user/eve'), sourceIdentity: 'BG-Ana' }))).toBeUndefined();
  });
});

it('lets one entry that is no principal of AWS stand in nobody’s way', () => {
  const person = (id: string, aws: { readonly kind: string }) => {
    return { id, name: id, teams: [], chats: {}, clouds: { aws } };
  };
  const ana = person('ana', user('user/ana'));
  const people = [ana, person('eve', { kind: 'badge' })];
  expect(principalOf(DEFINITIONS.clouds, { people, teams: [], onCall: {} }, ana, 'aws')).toBe(ana.clouds.aws);
});

describe('a directory, from the file or over HTTP (A2)', () => {
  const taken = (aws: AwsPrincipal): boolean =>
    directorySchema(DEFINITIONS).safeParse({
      teams: [],
      people: [{ id: 'ana', name: 'Ana', teams: [], clouds: { aws } }],
    }).success;

  it.each<[promise: string, aws: AwsPrincipal]>([
    ['an IAM user', user('user/ana')],
    ['an IAM user below a path', user('user/ops/on-call/ana@x.example')],
    ['one person’s Identity Center session', session('entry_0123456789abcdef', 'ana@x.example')],
    ['an Identity Center user', human('906722b2-aaaa')],
    ['a source identity of its own', { ...user('user/ana'), sourceIdentity: 'ana+x=1,_.@example-2' }],
    ['an IAM user of another partition', { kind: 'iam-user', arn: 'arn:aws-us-gov:iam::123456789012:user/ana' }],
  ])('takes %s', (_promise, aws) => {
    expect(taken(aws)).toBe(true);
  });

  it.each(['a', 'x'.repeat(65), 'ana*', 'a na', 'ana\n', ''])('refuses %j as a source identity', (sourceIdentity) => {
    expect(taken({ ...user('user/ana'), sourceIdentity })).toBe(false);
  });

  it.each(SHARED_IDENTITIES)('refuses %s', (_what, aws) => {
    expect(taken(aws)).toBe(false);
  });
});
