import { Failure } from '../../../core/failure.ts';
import type { AccountClient } from '../client/account-client.ts';
import { until } from '../client/until.ts';
import { EXPIRY, REVOKED, sameDocument } from '../policy/documents.ts';
import type { Detail, Pinned } from '../policy/plan-detail.ts';
import { refuseChanged } from './pinned.ts';
import {
  isOpen,
  isOurs,
  missingAttached,
  missingInline,
  type RoleSeen,
  SESSION_SECONDS,
  seeRole,
  strangers,
} from './role-seen.ts';
import { attachPolicy, putPolicy, replaceTrust, tagRole } from './role-writes.ts';

interface Step {
  readonly what: string;
  readonly done: (seen: RoleSeen) => boolean;
  readonly write: (seen: RoleSeen) => Promise<void>;
}

/**
 * Moves a role that `from` opened to the end of `to`: what it says of itself, then what it allows, then who may enter,
 * and the Deny that ends it last. Until that is written the old end is armed, wherever this stops. Each is read back
 * before the next is written, and an ending that shows stops it: whatever it writes late stays refused by `99-revoked`,
 * which it never touches. Goes on from whatever an earlier try left; writes nothing if all of it stands.
 */
export async function extendRole(
  account: AccountClient,
  from: Detail,
  to: Detail,
  pinned: readonly Pinned[],
): Promise<void> {
  const { roleName } = to;
  const look = async (): Promise<RoleSeen | undefined> => {
    const seen = await seeRole(account, to);
    if (seen !== undefined) refuseOther(seen, from, to);
    return seen;
  };
  let seen = await until(`reading role ${roleName}`, account.signal, look);
  for (const { what, done, write } of stepsOf(account, to)) {
    if (done(seen)) continue;
    await write(seen);
    seen = await until(`reading back the ${what} of role ${roleName}`, account.signal, async () => {
      const now = await look();
      return now && done(now) ? now : undefined;
    });
  }
  if (!isOpen(seen, to) || changedTags(seen, to).length > 0) {
    throw new Failure('READ_BACK_DIFFERS', `role ${roleName} changed while it was being extended`);
  }
  await refuseChanged(account, pinned);
}

const stepsOf = (account: AccountClient, to: Detail): readonly Step[] => [
  {
    what: 'tags',
    done: (seen) => changedTags(seen, to).length === 0,
    write: (seen) => tagRole(account, to.roleName, changedTags(seen, to)),
  },
  {
    what: 'permissions',
    done: (seen) => laterAllows(seen, to).length === 0 && missingAttached(seen, to).length === 0,
    write: async (seen) => {
      for (const { name, document } of laterAllows(seen, to)) await putPolicy(account, to.roleName, name, document);
      for (const arn of missingAttached(seen, to)) await attachPolicy(account, to.roleName, arn);
    },
  },
  {
    what: 'trust',
    done: (seen) => sameDocument(seen.trust, to.trust),
    write: () => replaceTrust(account, to.roleName, to.trust),
  },
  {
    what: 'end',
    done: (seen) => missingInline(seen, to).length === 0,
    write: async (seen) => {
      for (const { name, document } of missingInline(seen, to)) await putPolicy(account, to.roleName, name, document);
    },
  },
];

const changedTags = (seen: RoleSeen, { tags }: Detail): Detail['tags'] =>
  tags.filter(({ Key, Value }) => seen.tags.get(Key) !== Value);

const laterAllows = (seen: RoleSeen, to: Detail): Detail['inline'] =>
  missingInline(seen, to).filter(({ name }) => name !== EXPIRY);

/** Throws `PROVIDER_CONFLICT` unless the role is what one of the two plans opened, untouched by any ending and by others. */
function refuseOther(seen: RoleSeen, from: Detail, to: Detail): void {
  const conflict = (why: string) => new Failure('PROVIDER_CONFLICT', `role ${to.roleName} ${why}`);
  if (seen.inline.has(REVOKED)) throw conflict('was ended already');
  if (!isOurs(seen, to)) throw conflict('carries another grant or installation id');
  if (![from.trust, to.trust].some((trust) => sameDocument(seen.trust, trust)))
    throw conflict('has another trust policy');
  if (seen.boundary !== to.boundary || seen.maxSessionSeconds !== SESSION_SECONDS) {
    throw conflict('has another boundary or session length than planned');
  }
  const unknown = strangers(seen, to);
  if (unknown.length > 0) throw conflict(`holds policies that nobody approved: ${unknown.join(', ')}`);
}
