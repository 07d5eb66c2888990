import { z } from 'zod';
import { Failure } from '../../../src/core/failure.ts';
import type { ChangeWords, CloudDefinition } from '../../../src/core/policy/cloud.ts';
import type { Principal } from '../../../src/core/policy/directory.ts';
import type { Account, Role } from '../../../src/core/policy/policy.ts';

export const CLOUD = 'echo';

/** Also what an AWS account may be called: two clouds may name theirs alike. */
const accountId = z.string().regex(/^[a-z0-9-]{2,40}$/, 'must be the name of a hall group');
const slug = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);
const badge = z.strictObject({ kind: z.literal('badge'), number: z.string().regex(/^\d{4}$/, 'must be four digits') });
const accountMembers = { hall: slug, desk: slug };
const roleMembers = { door: slug, opens: z.array(z.string().regex(/^[a-z*]+\.[a-z*]+$/)).min(1) };

export type Badge = z.infer<typeof badge>;
export type EchoAccount = Account & z.infer<z.ZodObject<typeof accountMembers>>;
export type EchoRole = Role & z.infer<z.ZodObject<typeof roleMembers>>;

const notOurs = ({ id, provider }: Role | Account) =>
  new Failure('PROVIDER_REFUSED', `${id} is of cloud "${provider}"`);

export function echoRoleOf(role: Role): EchoRole {
  if (role.provider !== CLOUD) throw notOurs(role);
  return role as EchoRole;
}

export function echoAccountOf(account: Account): EchoAccount {
  if (account.provider !== CLOUD) throw notOurs(account);
  return account as EchoAccount;
}

export function badgeOf(principal: Principal): Badge {
  const read = badge.safeParse(principal);
  if (read.success) return read.data;
  throw new Failure('PROVIDER_REFUSED', `a ${principal.kind} is no badge`);
}

const said = (what: string) => (after: unknown, before: unknown) => `${what} ${String(before)} → ${String(after)}`;
const changeWords: { readonly account: ChangeWords; readonly role: ChangeWords } = {
  account: { hall: said('its hall:'), desk: said('its desk:') },
  role: { door: said('its door:'), opens: said('what it opens:') },
};

/** Passes through doors: the definition of a cloud that the product itself does not know. */
export const ECHO: CloudDefinition = {
  name: CLOUD,
  accountId,
  account: accountMembers,
  role: roleMembers,
  principal: badge,
  floors: { propagationSeconds: 120 },
  identities: (_person, principal) => [{ what: 'badge', key: badgeOf(principal).number }],
  lintAccount: (account) =>
    echoAccountOf(account).desk === 'everybody'
      ? [{ path: ['desk'], message: 'This desk is everybody’s. Name one of its own.' }]
      : [],
  lintRole: (role) =>
    role.zone === 'A' && echoRoleOf(role).opens.some((name) => name.includes('*'))
      ? [{ path: ['opens'], message: 'Zone A opens nothing by a wildcard. Name what it opens.' }]
      : [],
  describe: (role) => {
    const { opens, door } = echoRoleOf(role);
    return {
      allows: opens.join(', '),
      scope: {
        actions: opens.length,
        resources: [door].length,
        wildcards: opens.filter((name) => name.includes('*')).length,
      },
    };
  },
  changeWords,
  capabilities: ({ timings }) => ({
    nativeEnd: 'scheduled',
    shortestSeconds: 60,
    openingAllowanceSeconds: timings.openingAllowanceSeconds,
    propagationSeconds: timings.propagationSeconds,
    caveats: ['What was carried out of the hall stays out.'],
  }),
  endpoints: ({ ECHO_URL }) => (ECHO_URL === undefined ? [] : [ECHO_URL]),
  localSetting: 'ECHO_URL',
  words: {
    name: 'Echo',
    identity: 'a badge',
    object: { one: 'pass', many: 'passes' },
    removal: 'the empty place',
    removalRead: 'no pass was left there',
    undone: 'the empty place',
    tombstone: 'an empty place',
    auditLog: 'the desk’s book',
    broker: 'the desk that issues passes',
    endsItself: 'the desk comes around some time after',
    endsWithoutUs: 'the desk takes the pass away some time after the planned end, even if I am down',
    endsUnexplained: 'The desk takes away what I made some time after the end written on it; I did not read that here.',
  },
};
