import { CreateRoleCommand, ListUsersCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { simulate } from '../../../src/demo/aws/simulate.ts';
import { ALICE_SSO, allow, Bench, BOUNDARY, codeOf, deny, document, PRODUCTION, trust } from './two-accounts.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const window = (minutes: number) => ({
  DateLessThan: { 'aws:CurrentTime': new Date(bench.aws.now().getTime() + minutes * 60_000).toISOString() },
});

const grantRole = async (condition: object) => {
  const broker = await bench.broker();
  await broker.send(
    new CreateRoleCommand({
      RoleName: 'bg-1',
      Path: '/breakglass/',
      AssumeRolePolicyDocument: trust(ALICE_SSO, condition),
      PermissionsBoundary: BOUNDARY,
      Tags: [{ Key: 'breakglass-grant', Value: 'g1' }],
    }),
  );
  return broker;
};
const ROLE = `arn:aws:iam::${PRODUCTION}:role/breakglass/bg-1`;

describe('a grant of its own role (C1, D3)', () => {
  it('opens, is used, and ends by its own date for the session that is already open', async () => {
    const broker = await grantRole(window(15));
    const end = new Date(bench.aws.now().getTime() + 15 * 60_000).toISOString();
    const expiry = document(deny('*', '*', { Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': end } } }));
    const put = (PolicyName: string, doc: object) =>
      broker.send(new PutRolePolicyCommand({ RoleName: 'bg-1', PolicyName, PolicyDocument: JSON.stringify(doc) }));
    await put('00-expiry', expiry);
    await put('10-grant', document(allow(['iam:ListUsers', 'ecs:UpdateService'])));
    const session = await bench.assume(bench.aws.signInAs(ALICE_SSO), { RoleArn: ROLE });
    const human = bench.iam(session);
    expect((await human.send(new ListUsersCommand())).Users?.map(({ UserName }) => UserName)).toContain('bob');
    expect(await simulate(bench.aws.url, session, { action: 'ecs:UpdateService', resource: '*' })).toMatchObject({
      allowed: true,
    });
    bench.aws.dials.setClockOffset(15 * 60_000);
    const at = bench.aws.now();
    expect(await simulate(bench.aws.url, session, { action: 'ecs:UpdateService', resource: '*', at })).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    });
    expect(await codeOf(bench.assume(bench.aws.signInAs(ALICE_SSO), { RoleArn: ROLE }))).not.toBe('allowed');
  });
});
