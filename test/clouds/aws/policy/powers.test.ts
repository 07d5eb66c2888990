import { capabilitiesOf } from '../../../../src/clouds/aws/policy/capabilities.ts';
import { lintAwsRole } from '../../../../src/clouds/aws/policy/lint.ts';
import { overlaps } from '../../../../src/clouds/aws/policy/pattern.ts';
import { CHANGES_IDENTITIES, FORBIDDEN, OUTLIVING_TOKENS } from '../../../../src/clouds/aws/policy/powers.ts';
import { STARTS_CODE } from '../../../../src/clouds/aws/policy/powers-code.ts';
import { VENDS_SECRETS } from '../../../../src/clouds/aws/policy/powers-secrets.ts';
import { SHARES } from '../../../../src/clouds/aws/policy/powers-share.ts';
import type { AwsRole as Role } from '../../../../src/clouds/aws/policy/schema.ts';
import { account, allow, document, PRODUCTION, role, TASK_ROLE, terms } from '../inputs.ts';
import { CREDENTIALS, ESCALATIONS, EXPOSURES } from '../sources.ts';

type Statement = ReturnType<typeof document>[string];
const of = (...statements: Statement[]): Partial<Role> => ({
  startsCodeAs: [TASK_ROLE],
  policies: [{ name: 'x', document: document(...statements) }],
});
const said = (...statements: Statement[]): string[] =>
  lintAwsRole(role(of(...statements)), account()).map(({ message }) => message);
const caveats = (...statements: Statement[]): readonly string[] => capabilitiesOf(terms(of(...statements))).caveats;

/** One thing by name; passing a role names the role. */
const NAMED = TASK_ROLE;
const EVERYTHING = /everything of its kind: name the resources|AWS narrows it to no resource/;

const CLASSES = [
  ['shares', SHARES, 'iot:CreatePolicy', /outlives the end: it can share /],
  ['starts code', STARTS_CODE, 'ssm:StartSession', /started as arn:aws:iam::222222222222:role\/app\/serving-task/],
  ['hands out secrets', VENDS_SECRETS, 'ssm:GetParameter', /stays known after the end: it can read secrets of /],
] as const;

describe.each(CLASSES)('an action that %s', (_does, table, one, caveat) => {
  it('is refused on everything, each of them (C3)', () => {
    const quiet = table.actions.filter((action) => !said(allow(action)).some((message) => EVERYTHING.test(message)));
    expect(quiet).toEqual([]);
  });

  it('is said to approvers by name on a named resource, each of them, and then accepted', () => {
    const silent = table.actions.filter((action) => !caveats(allow(action, NAMED)).some((text) => caveat.test(text)));
    expect(silent).toEqual([]);
    expect(table.actions.filter((action) => said(allow(action, NAMED)).length > 0)).toEqual([]);
  });

  it.each([
    ['in another letter case', allow(one.toUpperCase())],
    ['cut anywhere in its name', allow(`${one.slice(0, -4)}*`)],
    ['with a question mark', allow(`${one.slice(0, -1)}?`)],
    ['by the whole service', allow(`${one.split(':')[0]}:*`)],
    ['by everything', allow('*')],
    ['by NotAction', { Effect: 'Allow', NotAction: ['iam:*', 'sts:*'], Resource: '*' }],
    ['by NotResource', { Effect: 'Allow', Action: one, NotResource: NAMED }],
    ['in every region and account', allow(one, `arn:aws:${one.split(':')[0]}:*:*:*`)],
    ['of any service', allow(one, 'arn:aws:*:eu-west-1:222222222222:thing/named')],
    ['behind a variable', allow(one, `arn:aws:ssm:eu-west-1:${PRODUCTION}:*/\${aws:PrincipalTag/team}`)],
    ['among narrow ones', allow(one, [NAMED, '*'])],
    ['under a condition', allow(one, '*', { Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })],
  ])('is seen %s', (_how, statement: Statement) => {
    expect(said(statement).join('\n')).toMatch(EVERYTHING);
  });

  it('is not there where a Deny without condition takes it away', () => {
    const deny = { Effect: 'Deny', Action: `${one.split(':')[0]}:*`, Resource: '*' };
    expect(said(allow([one, 's3:ListBucket']), deny)).toEqual([]);
    expect(caveats(allow([one, 's3:ListBucket'], NAMED), deny).join()).not.toMatch(/outlives|stays known/);
  });
});

describe('what approvers read', () => {
  it('names two of each and counts the rest, so that a line of a card holds it', () => {
    const [sharing = ''] = caveats(allow('s3:*', ['arn:aws:s3:::a', 'arn:aws:s3:::b', 'arn:aws:s3:::c']));
    expect(sharing).toMatch(
      /^What it shares outlives the end: it can share arn:aws:s3:::a, arn:aws:s3:::b and 1 more, by s3:\w+, s3:\w+ and \d+ more\.$/,
    );
    expect(sharing.length).toBeLessThan(280);
  });

  it('says so plainly where nothing narrows it', () => {
    expect(caveats({ Effect: 'Allow', Action: 'kms:CreateGrant', NotResource: NAMED })[0]).toBe(
      'What it shares outlives the end: it can share everything but what is named, by kms:CreateGrant.',
    );
  });

  it('stands first on the card, where no long list of roles can push it out', () => {
    const startsCodeAs = Array.from({ length: 12 }, (_, at) => `${TASK_ROLE}-${at}`);
    const [first] = capabilitiesOf(terms({ ...of(allow('kms:PutKeyPolicy', NAMED)), startsCodeAs })).caveats;
    expect(first).toMatch(/What it shares/);
  });
});

it('says of an action that AWS cannot narrow that no role may hold it, not that it should name resources', () => {
  expect(said(allow('ram:EnableSharingWithAwsOrganization'))[0]).toMatch(/narrows it to no resource.*Leave it out/);
  expect(said(allow('ram:*'))[0]).toMatch(/name the resources/);
});

describe('what others found', () => {
  const known = [...SHARES.actions, ...STARTS_CODE.actions, ...VENDS_SECRETS.actions, ...CHANGES_IDENTITIES]
    .concat(FORBIDDEN.map(({ pattern }) => pattern))
    .concat(OUTLIVING_TOKENS.map(({ action }) => action));
  const unknown = (actions: readonly string[]) =>
    actions.filter((action) => !known.some((one) => overlaps(one, action, true)));

  it.each([
    ['credentials', CREDENTIALS],
    ['escalations', ESCALATIONS],
    ['exposures', EXPOSURES],
  ])('has a class or is forbidden: %s', (_what, actions) => {
    expect(unknown(actions)).toEqual([]);
  });
});
