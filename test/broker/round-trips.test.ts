import { broker } from '../../src/broker/broker.ts';
import { type AwsRole, awsRoleOf } from '../../src/clouds/aws/policy/schema.ts';
import { awsProvider } from '../../src/clouds/aws/role/provider.ts';
import { digestOf } from '../../src/core/canonical.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { WorkName } from '../../src/core/request/work.ts';
import { BROKER_HOME } from '../../src/demo/aws/accounts-of-policy.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { personActor } from '../support/requests.ts';
import { fewestWaves, inWaves } from '../support/waves.ts';

type Document = AwsRole['policies'][number]['document'];

const LOOKS: Document = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'ecs:DescribeClusters', Resource: '*' }],
};

/** Every role with a policy of its own and one that is attached, so that an opening asks and writes all there is. */
const withPinned = (policy: Policy): Policy => ({
  ...policy,
  roles: policy.roles.map(awsRoleOf).map((role) => {
    const arn = `arn:aws:iam::${role.account}:policy/breakglass/look`;
    return { ...role, policies: [...role.policies, { arn, sha256: digestOf(LOOKS), document: LOOKS }] };
  }),
});

let desk: Desk;
const providers: { release(): void }[] = [];
beforeAll(async () => {
  desk = await openDesk(withPinned);
});
afterAll(async () => {
  for (const one of providers) one.release();
  await desk.close();
});

/** A process that was never in the cloud before: it has no session there. */
function newProcess() {
  const { store, logger } = desk;
  const credentials = desk.aws.keysOf(BROKER_HOME.account, BROKER_HOME.user);
  const provider = awsProvider({ endpoint: desk.aws.url, credentials, clock: store.clock, logger });
  providers.push(provider);
  return broker({ ...desk.deps, providers: { aws: provider } });
}

async function does(name: WorkName, id: string): Promise<void> {
  await desk.perform(name, id, newProcess());
}

let number = 0;
const nextId = (): string => {
  number += 1;
  return `W${number}`;
};

it('opens within seven round trips to the cloud, one after the other, from the approval on (§10.7)', async () => {
  const { waves } = await fewestWaves(7, async () => {
    const id = nextId();
    await desk.approved(id);
    return inWaves(desk.aws.dials, () => does('grant', id));
  });
  expect(waves).toHaveLength(7);
  // Fail closed, in this order: a role without rights, its end, what it allows, and all of it read back.
  expect(waves.slice(3).map((wave) => wave.toSorted())).toEqual([
    ['CreateRole', 'GetPolicy'],
    ['PutRolePolicy 00-expiry'],
    ['AttachRolePolicy', 'PutRolePolicy 10-grant'],
    [
      'GetPolicyVersion',
      'GetRole',
      'GetRolePolicy 00-expiry',
      'GetRolePolicy 10-grant',
      'ListAttachedRolePolicies',
      'ListRolePolicies',
    ],
  ]);
});

it('has access removed within three round trips to the cloud from the click on (§10.7)', async () => {
  const { waves } = await fewestWaves(3, async () => {
    const id = nextId();
    await desk.opened(id);
    await desk.broker.end(id, personActor('riley'));
    const isRemoved = async () => {
      const { request } = await desk.row(id);
      return request.state === 'revoking' && request.grants.every(({ accessRemoved }) => accessRemoved !== undefined);
    };
    return inWaves(desk.aws.dials, () => does('revoke', id), isRemoved);
  });
  expect(waves).toHaveLength(3);
  expect(waves.slice(1).map((wave) => wave.toSorted())).toEqual([
    ['PutRolePolicy 99-revoked', 'UpdateAssumeRolePolicy'],
    ['GetRole', 'GetRolePolicy 00-expiry', 'GetRolePolicy 99-revoked'],
  ]);
});
