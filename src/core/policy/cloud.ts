import type { CloudSchema, NativeEnd } from './cloud-schema.ts';
import type { Cloud, Directory, Person, Principal } from './directory.ts';
import type { Account, Policy, Role } from './policy.ts';
import type { Terms } from './terms.ts';

/*
 * A cloud has two halves. This is the pure one: what its part of the policy looks like, what is wrong with it, what a
 * role allows and what the cloud promises. The other half, which speaks to the cloud, is the port `Provider`.
 */

/** What a cloud can promise for a role, shown before the click (B10, D1). */
export interface Capabilities {
  /** How the cloud itself ends access, with every process of ours dead. */
  readonly nativeEnd: NativeEnd;
  readonly shortestSeconds: number;
  readonly openingAllowanceSeconds: number;
  readonly propagationSeconds: number;
  /** Sentences about what an early end does not reach (started code, tokens that outlive it), for card and form. */
  readonly caveats: readonly string[];
}

/** Something wrong with an account, a role or a policy. `path` is relative to what was looked at. */
export interface CloudFinding {
  readonly path: readonly (string | number)[];
  /** What is wrong, then what to do. */
  readonly message: string;
}

/** What a cloud finds in a role. */
export interface RoleFinding extends CloudFinding {
  /** The member of the role's account that it disagrees with. */
  readonly besideAccount?: string;
}

/** What a cloud finds in a whole policy. */
export interface PolicyFinding extends CloudFinding {
  /** Where two places disagree, the other one. */
  readonly beside?: CloudFinding['path'];
}

/** One text that must be one person's alone, and what it is, for people. */
export interface CloudIdentity {
  readonly what: string;
  readonly key: string;
}

/** What a role lets its holder do. */
export interface RoleDescription {
  /** In the cloud's own words, such as the names of its actions. */
  readonly allows: string;
  /** How much that is, for the log: what is named, and how much of it by wildcards. */
  readonly scope: { readonly actions: number; readonly resources: number; readonly wildcards: number };
}

/** By member: what its change is called, from the values after and before. */
export type ChangeWords = Readonly<Record<string, (after: unknown, before: unknown) => string>>;

/** What a cloud calls its things, for people. */
export interface CloudWords {
  /** What people call it. */
  readonly name: string;
  /** Who somebody is there, with an article. */
  readonly identity: string;
  /** What stands there for a grant, and several of them: `role`, `roles`. */
  readonly object: { readonly one: string; readonly many: string };
  /** What takes access away, with an article. */
  readonly removal: string;
  /** All that an ending leaves, as a clause: `… were read back`. */
  readonly removalRead: string;
  /** What somebody took away where an ended object lets people in again, with an article. */
  readonly undone: string;
  /** What holds the name after an ending, with an article: `a closed role`. */
  readonly tombstone: string;
  /** Where it is read who did what. */
  readonly auditLog: string;
  /** As whom I work there, with an article: `the broker role`. */
  readonly broker: string;
  /** How it ends access by itself, before an instant: `the cloud itself refuses from`. */
  readonly endsItself: string;
  /** The same as a promise for a form: `… itself refuses from the planned end, even if I am down`. */
  readonly endsWithoutUs: string;
  /** The same of an object that no request explains: `What I made refuses by itself from the end …`. */
  readonly endsUnexplained: string;
}

/** The pure half of a cloud. Everything here is answered without a call, and the same way each time. */
export interface CloudDefinition extends CloudSchema {
  /**
   * What stands for this person there: two people who share one are nobody (A2). Cheap, and it throws at nothing: it is
   * asked of everybody in the directory.
   */
  identities(personId: string, principal: Principal): readonly CloudIdentity[];
  /** Everything wrong with an account by itself. */
  lintAccount(account: Account): readonly CloudFinding[];
  /** Everything wrong with a role, before anybody asks for it (C4). */
  lintRole(role: Role, account: Account): readonly RoleFinding[];
  /** What is wrong between accounts, and between accounts and people. */
  lintPolicy?(policy: Pick<Policy, 'accounts' | 'people'>): readonly PolicyFinding[];
  describe(role: Role): RoleDescription;
  /** What a change of each member of its own is called, in accounts and in roles. */
  readonly changeWords: { readonly account: ChangeWords; readonly role: ChangeWords };
  capabilities(terms: Terms): Capabilities;
  /**
   * Its addresses that this environment names. None where it would be asked at its real address: floors are lowered only
   * where every address of every cloud is this machine's own.
   */
  endpoints(env: Readonly<Record<string, string | undefined>>): readonly string[];
  /** The setting that names its address on this machine. */
  readonly localSetting: string;
  readonly words: CloudWords;
}

/** The clouds that a process knows, by name. Others may stand in rows and policies: they open nothing here. */
export type Clouds = Readonly<Record<Cloud, CloudDefinition>>;

/**
 * A person's identity in a cloud, if it is theirs alone: one that two people hold names nobody, and neither does any
 * other text that stands for both in the cloud's own log. Undefined also for a cloud that is not known here.
 */
export function principalOf(clouds: Clouds, directory: Directory, person: Person, cloud: Cloud): Principal | undefined {
  const own = person.clouds[cloud];
  const definition = clouds[cloud];
  if (own === undefined || definition === undefined) return undefined;
  // Asked of everybody, at each asking and opening: so it is done without a text or a parse for each.
  const mine = definition.identities(person.id, own);
  const isMine = ({ what, key }: CloudIdentity): boolean =>
    mine.some((identity) => identity.key === key && identity.what === what);
  const shared = directory.people.some(
    ({ id, clouds: { [cloud]: theirs } }) =>
      id !== person.id && theirs !== undefined && definition.identities(id, theirs).some(isMine),
  );
  return shared ? undefined : own;
}

/** What people are told of a cloud's part in the terms of a role, before they click. */
export interface CloudTerms extends Capabilities {
  /** What the role allows, in the cloud's own words. */
  readonly allows: string;
  readonly words: CloudWords;
}

/** The same for these terms. A cloud that is not known here promises nothing, and that is said. */
export function cloudTermsOf(clouds: Clouds, terms: Terms): CloudTerms {
  const { role, timings } = terms;
  const cloud = clouds[role.provider];
  const words = cloudWordsOf(clouds, role.provider);
  if (cloud !== undefined) return { ...cloud.capabilities(terms), allows: cloud.describe(role).allows, words };
  const { openingAllowanceSeconds, propagationSeconds } = timings;
  const unknown = `The cloud "${role.provider}" is not known here: nothing is opened there, and I cannot say what outlives an end.`;
  return {
    nativeEnd: 'scheduled',
    shortestSeconds: 0,
    openingAllowanceSeconds,
    propagationSeconds,
    caveats: [unknown],
    allows: 'not known here',
    words,
  };
}

/** What a cloud calls its things. For one that is not known here, words that fit all. */
export const cloudWordsOf = (clouds: Clouds, cloud: Cloud): CloudWords =>
  clouds[cloud]?.words ?? {
    name: cloud,
    identity: `an identity in ${cloud}`,
    object: { one: 'object', many: 'objects' },
    removal: 'the removal',
    removalRead: 'the removal was read back',
    undone: 'the removal',
    tombstone: 'an ended object',
    auditLog: 'the audit log of the account',
    broker: 'my own access',
    endsItself: 'the cloud itself should end it at',
    endsWithoutUs: `whether ${cloud} ends it by itself is not known here`,
    endsUnexplained: 'Whether it ends by itself is not known here.',
  };
