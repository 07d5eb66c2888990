import type { CloudDefinition } from '../../../core/policy/cloud.ts';
import { lintAwsAccount } from './accounts.ts';
import { capabilitiesOf } from './capabilities.ts';
import { CHANGE_WORDS } from './changes.ts';
import { describeRole } from './describe.ts';
import { endpointsOf } from './endpoints.ts';
import { lintAwsRole } from './lint.ts';
import { lintPartitions } from './partitions.ts';
import { identitiesOf } from './principal.ts';
import { accountId, accountMembers, awsAccountOf, awsRoleOf, CLOUD, principalSchema, roleMembers } from './schema.ts';

/** AWS's half without calls. The SDK is not loaded by it. */
export const AWS: CloudDefinition = {
  name: CLOUD,
  accountId,
  account: accountMembers,
  role: roleMembers,
  principal: principalSchema,
  floors: { propagationSeconds: 300 },
  identities: (personId, principal) => identitiesOf(personId, principal),
  lintAccount: (account) => lintAwsAccount(awsAccountOf(account)),
  lintRole: (role, account) => lintAwsRole(awsRoleOf(role), awsAccountOf(account)),
  lintPolicy: lintPartitions,
  changeWords: CHANGE_WORDS,
  describe: (role) => describeRole(awsRoleOf(role)),
  capabilities: capabilitiesOf,
  endpoints: (env) => endpointsOf(env),
  localSetting: 'AWS_ENDPOINT_URL',
  words: {
    name: 'AWS',
    identity: 'an AWS identity',
    object: { one: 'role', many: 'roles' },
    removal: 'the Deny',
    removalRead: 'the Deny and a trust that lets nobody in were read back',
    undone: 'the Deny or the closed trust',
    tombstone: 'a closed role',
    auditLog: 'CloudTrail',
    broker: 'the broker role',
    endsItself: 'the cloud itself refuses from',
    endsWithoutUs: 'AWS itself refuses from the planned end, even if I am down',
    endsUnexplained:
      'What I made refuses by itself from the end that is written on it, unless somebody removed that; I did not read it here.',
  },
};
