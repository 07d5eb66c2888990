import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type RawAnswer, rawQuery, type Tweak } from './raw-request.ts';
import { ALICE_SSO, Bench, BOB, codeOf, MANAGEMENT, PRODUCTION } from './two-accounts.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.close());

const minutes = (count: number) => new Date(bench.aws.now().getTime() + count * 60_000);
const admin = () => bench.aws.keysOf(PRODUCTION, 'root-admin');
const summary = (tweak: () => Tweak = () => ({})): Promise<RawAnswer> =>
  rawQuery(bench.aws, admin(), { Action: 'GetAccountSummary' }, tweak());

/** A signature that ends in another digit, whatever it ended in. */
const otherEnd = (text: string): string => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'));

describe('a signature', () => {
  it('that is right is answered with a request id and the date', async () => {
    const asked = bench.aws.now().getTime();
    const { code, headers } = await summary();
    const answered = bench.aws.now().getTime();
    expect(code).toBe('ok');
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    // In whole seconds.
    const date = Date.parse(headers.get('date') ?? '');
    expect(date).toBeGreaterThan(asked - 1000);
    expect(date).toBeLessThanOrEqual(answered);
  });

  it.each<[refused: string, expected: string, tweak: () => Tweak]>([
    ['a changed body', 'SignatureDoesNotMatch', () => ({ body: (body) => `${body}&MaxItems=1` })],
    ['another service', 'SignatureDoesNotMatch', () => ({ service: 'sts' })],
    ['a date too far in the past', 'SignatureDoesNotMatch', () => ({ at: minutes(-6) })],
    ['a date too far in the future', 'SignatureDoesNotMatch', () => ({ at: minutes(6) })],
    [
      'a changed signature',
      'SignatureDoesNotMatch',
      () => ({ headers: (h) => ({ ...h, authorization: otherEnd(h.authorization ?? '') }) }),
    ],
    [
      'a date that was changed after signing',
      'SignatureDoesNotMatch',
      () => ({ headers: (h) => ({ ...h, 'x-amz-date': (h['x-amz-date'] ?? '').replace(/\d\dZ$/, '61Z') }) }),
    ],
    [
      'an unknown key',
      'InvalidClientTokenId',
      () => ({
        headers: (h) => ({ ...h, authorization: (h.authorization ?? '').replace(/AKIA\w+/, 'AKIAAAAAAAAAAAAAAAAA') }),
      }),
    ],
    [
      'a token that was not signed',
      'SignatureDoesNotMatch',
      () => ({ headers: (h) => ({ ...h, 'x-amz-security-token': 'x' }) }),
    ],
    ['no authorization', 'MissingAuthenticationToken', () => ({ headers: ({ authorization: _gone, ...h }) => h })],
    [
      'an authorization it cannot read',
      'IncompleteSignature',
      () => ({ headers: (h) => ({ ...h, authorization: 'AWS4-HMAC-SHA256 nonsense' }) }),
    ],
  ])('refuses %s: %s', async (_what, expected, tweak) => {
    expect((await summary(tweak)).code).toBe(expected);
  });

  it('is corrected by the SDK itself when clocks are apart, from our Date header', async () => {
    const client = new STSClient({
      endpoint: bench.aws.url,
      region: 'eu-west-1',
      credentials: admin(),
      maxAttempts: 2,
    });
    bench.aws.dials.setClockOffset(20 * 60_000);
    const identity = await client.send(new GetCallerIdentityCommand());
    bench.aws.dials.setClockOffset(0);
    client.destroy();
    expect(identity.Arn).toBe(`arn:aws:iam::${PRODUCTION}:user/root-admin`);
  });
});

describe('keys', () => {
  it('say who they belong to, long-lived or temporary', async () => {
    const who = async (keys: Parameters<Bench['sts']>[0]) =>
      (await bench.sts(keys).send(new GetCallerIdentityCommand())).Arn;
    expect(await who(bench.aws.keysOf(MANAGEMENT, 'breakglass'))).toBe(`arn:aws:iam::${MANAGEMENT}:user/breakglass`);
    expect(await who(bench.aws.signInAs(BOB, { mfa: true }))).toBe(BOB);
    expect(await who(bench.aws.signInAs(ALICE_SSO))).toBe(ALICE_SSO);
  });

  it('of a session end with it: ExpiredToken, for GetCallerIdentity too', async () => {
    const keys = bench.aws.signInAs(ALICE_SSO, { durationSeconds: 60 });
    const identity = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
    expect((await rawQuery(bench.aws, keys, identity, { service: 'sts' })).code).toBe('ok');
    bench.aws.dials.setClockOffset(61_000);
    expect((await rawQuery(bench.aws, keys, identity, { service: 'sts' })).code).toBe('ExpiredToken');
    bench.aws.dials.setClockOffset(0);
  });

  it('of a sign-in without a second factor open no IAM call', async () => {
    expect((await rawQuery(bench.aws, bench.aws.signInAs(BOB), { Action: 'ListUsers' })).code).toBe(
      'InvalidClientTokenId',
    );
    expect((await rawQuery(bench.aws, bench.aws.signInAs(BOB, { mfa: true }), { Action: 'ListUsers' })).code).toBe(
      'AccessDenied',
    );
  });

  it('count only with the token they were given with', async () => {
    const [one, other] = [bench.aws.signInAs(ALICE_SSO), bench.aws.signInAs(ALICE_SSO)];
    const mixed = { ...one, sessionToken: other.sessionToken };
    expect((await rawQuery(bench.aws, mixed, { Action: 'ListUsers' })).code).toBe('InvalidClientTokenId');
  });

  it('are new with every start', async () => {
    const other = await Bench.open();
    const keys = other.aws.keysOf(PRODUCTION, 'root-admin');
    await other.close();
    expect(await codeOf(bench.sts(keys).send(new GetCallerIdentityCommand()))).toBe('InvalidClientTokenId');
  });

  it('go to nobody who is not in the configuration', () => {
    expect(() => bench.aws.signInAs(`${ALICE_SSO}x`)).toThrow('Nobody signs in as');
    expect(() => bench.aws.keysOf(PRODUCTION, 'nobody')).toThrow('has no user nobody');
  });
});

describe('a request', () => {
  it.each<[refused: string, expected: string, params: Record<string, string>]>([
    ['an unknown action', 'InvalidAction', { Action: 'CreateWorld' }],
    ['an inherited name as action', 'InvalidAction', { Action: 'constructor' }],
    ['an unknown version', 'InvalidAction', { Action: 'ListRoles', Version: '2020-01-01' }],
    ['an unknown parameter', 'ValidationError', { Action: 'GetRole', RoleName: 'x', Dates: 'soon' }],
    ['an unknown member of a list', 'ValidationError', { Action: 'TagRole', RoleName: 'x', 'Tags.member.1.Kee': 'a' }],
    [
      'an inherited name as member',
      'ValidationError',
      { Action: 'TagRole', RoleName: 'x', 'Tags.member.1.constructor': 'a' },
    ],
    ['a plain value for a list', 'ValidationError', { Action: 'TagRole', RoleName: 'x', Tags: 'a' }],
    ['a missing parameter', 'ValidationError', { Action: 'GetRole' }],
    ['a number that is none', 'ValidationError', { Action: 'ListRoles', MaxItems: 'many' }],
  ])('with %s is refused: %s', async (_what, expected, params) => {
    expect((await rawQuery(bench.aws, admin(), params)).code).toBe(expected);
  });

  it('with a parameter given twice is refused', async () => {
    const headers = (
      await rawQuery(bench.aws, admin(), { Action: 'ListRoles' }, { body: (b) => `${b}&MaxItems=1&MaxItems=2` })
    ).code;
    expect(headers).toBe('ValidationError');
  });
});
