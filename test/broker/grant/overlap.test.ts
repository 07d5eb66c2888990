import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { awsPrincipalOf } from '../../../src/clouds/aws/policy/schema.ts';
import type { SigningKeys } from '../../../src/demo/aws/sigv4.ts';
import { simulate } from '../../../src/demo/aws/simulate.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { MINUTE, personActor } from '../../support/requests.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

const planOf = async (id: string) => {
  const { request } = await desk.row(id);
  const plan = request.state === 'pending' ? undefined : request.grants[0]?.plan;
  if (plan === undefined) throw new Error(`${id} has no plan`);
  return plan;
};

/** Riley takes on the role of this request, for real. */
async function enter(id: string): Promise<SigningKeys> {
  const { detail } = await planOf(id);
  const principal = desk.dials.directory.people.find((one) => one.id === 'riley')?.clouds.aws;
  const person = principal && awsPrincipalOf(principal);
  if (person?.kind !== 'iam-user') throw new Error('Riley has no user');
  const client = new STSClient({
    endpoint: desk.aws.url,
    region: 'eu-central-1',
    credentials: desk.aws.signInAs(person.arn, { mfa: true }),
  });
  try {
    const { roleArn } = detail as { roleArn: string };
    const answer = await client.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'bg-riley', DurationSeconds: 3600 }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  } finally {
    client.destroy();
  }
}

const works = async (session: SigningKeys): Promise<boolean> =>
  (await simulate(desk.aws.url, session, { action: 'logs:GetLogEvents', resource: '*', at: desk.aws.now() })).allowed;

it('two requests of one person for one role live side by side and end separately: by the clock, early, and extended', async () => {
  await desk.opened('V1', { minutes: 15 });
  await desk.opened('V2', { minutes: 30 });
  const [first, second] = [await enter('V1'), await enter('V2')];
  expect([await works(first), await works(second)]).toEqual([true, true]);

  // The first one's time is over.
  desk.wait(15 * MINUTE);
  await desk.perform('expire', 'V1');
  expect([await works(first), await works(second)]).toEqual([false, true]);
  await expect(enter('V1')).rejects.toThrow(/AccessDenied|not authorized/);
  expect((await desk.row('V2')).request.state).toBe('active');

  // A third beside the second; the second is ended early, by its requester.
  await desk.opened('V3', { minutes: 15 });
  const third = await enter('V3');
  await desk.broker.end('V2', personActor('riley'));
  await desk.perform('revoke', 'V2');
  expect([await works(second), await works(third)]).toEqual([false, true]);

  // More time on the third gives the others none.
  const { details } = (await desk.row('V3')).request;
  const riley = personActor('riley');
  const avery = personActor('avery');
  if (riley.type !== 'person' || avery.type !== 'person') throw new Error('they are people');
  await desk.broker.extend('V3', riley, { minutes: 15, digest: details.digest });
  const { request } = await desk.row('V3');
  await desk.broker.approve('V3', avery, (request.state === 'active' && request.extension?.digest) || '');
  await desk.perform('extend', 'V3');
  desk.wait(20 * MINUTE);
  expect([await works(first), await works(second), await works(third)]).toEqual([false, false, true]);
});
