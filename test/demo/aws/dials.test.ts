import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateRoleCommand,
  GetAccountSummaryCommand,
  GetRoleCommand,
  IAMClient,
  ListUsersCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { until } from '../../support/until.ts';
import {
  ALICE_SSO,
  allow,
  Bench,
  BOB,
  codeOf,
  deny,
  document,
  EXTERNAL_ID,
  PRODUCTION,
  trust,
} from './two-accounts.ts';

let bench: Bench;
let admin: IAMClient;
beforeEach(async () => {
  bench = await Bench.open();
  admin = bench.admin();
});
afterEach(() => bench.close());

const create = (RoleName = 'r') =>
  admin.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(BOB) }));
const HELD_MS = 20_000;
const exists = (name = 'r') => bench.aws.roles(PRODUCTION).some((role) => role.name === name);

const control = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${bench.aws.url}/_local/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
};

describe('a dial', () => {
  it('throttles the next n calls of one action, then no more', async () => {
    bench.aws.dials.add({ kind: 'throttle', action: 'CreateRole', times: 2 });
    expect(await codeOf(admin.send(new GetAccountSummaryCommand()))).toBe('allowed');
    expect([await codeOf(create()), await codeOf(create()), await codeOf(create())]).toEqual([
      'Throttling',
      'Throttling',
      'allowed',
    ]);
  });

  it('is waited out by the SDK, which retries', async () => {
    bench.aws.dials.add({ kind: 'throttle', action: 'ListUsers', times: 1 });
    bench.aws.dials.add({ kind: 'fail_before', action: 'ListUsers', times: 1 });
    const keys = bench.aws.keysOf(PRODUCTION, 'root-admin');
    const patient = new IAMClient({ endpoint: bench.aws.url, region: 'us-east-1', credentials: keys, maxAttempts: 3 });
    const { $metadata } = await patient.send(new ListUsersCommand());
    patient.destroy();
    expect($metadata.attempts).toBe(2);
  });

  it.each([
    ['fail_before', false],
    ['drop_before', false],
    ['fail_after', true],
    ['drop_after', true],
  ] as const)('%s leaves the caller in doubt; the role exists: %s', async (kind, done) => {
    bench.aws.dials.add({ kind, action: 'CreateRole' });
    expect(await codeOf(create())).not.toBe('allowed');
    expect(exists()).toBe(done);
  });

  it('is for the principal, account and parameters it names', async () => {
    bench.aws.dials.add({ kind: 'throttle', action: '*', where: { RoleName: 'a' }, times: 9 });
    bench.aws.dials.add({ kind: 'throttle', action: '*', principal: '*assumed-role/breakglass-broker/*', times: 9 });
    bench.aws.dials.add({ kind: 'throttle', action: '*', account: '999999999999', times: 9 });
    expect([await codeOf(create('a')), await codeOf(create('b'))]).toEqual(['Throttling', 'allowed']);
    expect(await codeOf((await bench.broker()).send(new GetAccountSummaryCommand()))).toBe('Throttling');
    bench.aws.dials.clear();
    expect(await codeOf(create('a'))).toBe('allowed');
  });

  it('delays', async () => {
    bench.aws.dials.add({ kind: 'delay', action: 'CreateRole', ms: 30 });
    expect(await codeOf(create())).toBe('allowed');
  });
});

describe('a held request', () => {
  it('held before has done nothing, and does it when released', async () => {
    bench.aws.dials.add({ kind: 'hold_before', action: 'CreateRole' });
    const answer = codeOf(create());
    const [held] = await bench.aws.dials.whenHeld(HELD_MS);
    expect(held).toMatchObject({
      side: 'before',
      action: 'CreateRole',
      account: PRODUCTION,
      params: { RoleName: 'r' },
    });
    expect(exists()).toBe(false);
    expect(bench.aws.dials.release(held?.id ?? 0)).toBe(true);
    expect(await answer).toBe('allowed');
    expect(bench.aws.dials.held()).toEqual([]);
  });

  it('held before and dropped never reached AWS', async () => {
    bench.aws.dials.add({ kind: 'hold_before', action: 'CreateRole' });
    const answer = codeOf(create());
    await bench.aws.dials.whenHeld(HELD_MS);
    bench.aws.dials.releaseAll('drop');
    expect(await answer).not.toBe('allowed');
    expect(exists()).toBe(false);
  });

  it('held after has done its work', async () => {
    bench.aws.dials.add({ kind: 'hold_after', action: 'CreateRole' });
    const answer = codeOf(create());
    await bench.aws.dials.whenHeld(HELD_MS);
    expect(exists()).toBe(true);
    bench.aws.dials.releaseAll();
    expect(await answer).toBe('allowed');
  });

  it('does its work though its caller is dead (a write still on its way)', async () => {
    bench.aws.dials.add({ kind: 'hold_before', action: 'CreateRole' });
    const killed = new AbortController();
    const input = new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust(BOB) });
    const answer = codeOf(admin.send(input, { abortSignal: killed.signal }));
    await bench.aws.dials.whenHeld(HELD_MS);
    killed.abort();
    expect(await answer).toBe('AbortError');
    bench.aws.dials.releaseAll();
    await until(() => exists(), 'the role');
  });

  it('is judged by the world at its release: a right that went away meanwhile is gone', async () => {
    await create();
    const put = (PolicyName: string, statement: object) =>
      admin.send(
        new PutRolePolicyCommand({ RoleName: 'r', PolicyName, PolicyDocument: JSON.stringify(document(statement)) }),
      );
    await put('10-grant', allow('iam:ListUsers'));
    const keys = await bench.assume(bench.aws.keysOf(PRODUCTION, 'bob'), {
      RoleArn: `arn:aws:iam::${PRODUCTION}:role/r`,
    });
    bench.aws.dials.add({ kind: 'hold_before', action: 'ListUsers' });
    const answer = codeOf(bench.iam(keys).send(new ListUsersCommand()));
    await bench.aws.dials.whenHeld(HELD_MS);
    await put('99-revoked', deny('*'));
    bench.aws.dials.releaseAll();
    expect(await answer).toBe('AccessDenied');
  });
});

describe('the log', () => {
  it('tells every request with its caller and outcome, without secrets', async () => {
    const broker = await bench.broker();
    await codeOf(broker.send(new GetRoleCommand({ RoleName: 'none' })));
    const [assumed, read] = bench.aws.dials.log();
    expect(assumed).toMatchObject({
      seq: 1,
      service: 'sts',
      action: 'AssumeRole',
      outcome: 'ok',
      params: { ExternalId: '***' },
    });
    expect(read).toMatchObject({
      seq: 2,
      action: 'GetRole',
      account: PRODUCTION,
      principal: `arn:aws:sts::${PRODUCTION}:assumed-role/breakglass-broker/test-session`,
      params: { RoleName: 'none' },
      outcome: 'NoSuchEntity',
      status: 404,
    });
    expect(JSON.stringify(bench.aws.dials.log())).not.toContain(EXTERNAL_ID);
    expect(bench.aws.dials.log(1)).toHaveLength(1);
  });
});

describe('the control API', () => {
  it('turns dials, tells and releases what is held, and reads the log from another process', async () => {
    expect((await control('POST', 'dials', { kind: 'hold_before', action: 'CreateRole', times: 1 })).status).toBe(200);
    const answer = codeOf(create());
    const held = await control('GET', `held?waitMs=${HELD_MS}`);
    expect(held.body).toMatchObject([{ action: 'CreateRole', side: 'before' }]);
    expect((await control('POST', 'release', { id: held.body[0].id })).body).toEqual({ released: 1 });
    expect(await answer).toBe('allowed');
    expect((await control('GET', 'log')).body).toMatchObject([{ action: 'CreateRole', outcome: 'ok' }]);
    expect((await control('GET', `roles?account=${PRODUCTION}`)).body).toContainEqual(
      expect.objectContaining({ name: 'r' }),
    );
  });

  it('bends the clock, and signs people in', async () => {
    await control('PUT', 'bends', { clockOffsetMs: 3600_000, ignoreDates: true });
    expect(bench.aws.now().getTime()).toBeGreaterThan(Date.now() + 3000_000);
    const { body } = await control('POST', 'sign-in', { arn: ALICE_SSO });
    expect(body).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA/), sessionToken: expect.any(String) });
  });

  it.each([
    ['an unknown path', 404, 'GET', 'nothing', undefined],
    ['an unknown kind', 400, 'POST', 'dials', { kind: 'explode', action: '*' }],
    ['an unknown member', 400, 'PUT', 'bends', { dates: 'soon' }],
    ['a stranger', 400, 'POST', 'sign-in', { arn: 'arn:aws:iam::222222222222:user/nobody' }],
  ])('refuses %s with %i', async (_what, status, method, path, body) => {
    expect((await control(method, path, body)).status).toBe(status);
  });

  it('is closed to web pages: no forms', async () => {
    expect((await control('POST', 'sign-in', { arn: ALICE_SSO }, { 'content-type': 'text/plain' })).status).toBe(403);
  });
});

it('a restart with a state file keeps roles and ids, and no keys', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'local-aws-'));
  const stateFile = join(folder, 'state', 'aws.json');
  const first = await Bench.open({ stateFile });
  await first.admin().send(new CreateRoleCommand({ RoleName: 'kept', AssumeRolePolicyDocument: trust(ALICE_SSO) }));
  const ids = first.aws.roles(PRODUCTION).map(({ name, id }) => `${name} ${id}`);
  const secret = first.aws.keysOf(PRODUCTION, 'root-admin').secretAccessKey;
  await first.close();
  const second = await Bench.open({ stateFile });
  const again = second.aws.roles(PRODUCTION).map(({ name, id }) => `${name} ${id}`);
  const opened = await codeOf(
    second.assume(second.aws.signInAs(ALICE_SSO), { RoleArn: `arn:aws:iam::${PRODUCTION}:role/kept` }),
  );
  await second.close();
  const saved = readFileSync(stateFile, 'utf8');
  rmSync(folder, { recursive: true });
  expect(again.sort()).toEqual(ids.sort());
  expect(opened).toBe('allowed');
  expect(saved).not.toContain(secret);
});
