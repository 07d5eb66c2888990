import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account, ManagedPolicy, Role, User } from './accounts.ts';
import { noSuchEntity } from './faults.ts';
import { KeyRing } from './key-ring.ts';

/** How this server's time and rules are bent by the dials. All of it starts neutral. */
export interface Bends {
  /** Added to the base clock: the server's own time, in its `Date` header and in every condition. */
  clockOffsetMs: number;
  /** Clock conditions never end anything, so that a test can prove the other layers do. */
  ignoreDates: boolean;
  /** A change to a role counts for its sessions only after this time. */
  propagationMs: number;
  /** A role that does not exist is judged as `role/NAME`, without its path: a caller limited to a path gets AccessDenied. */
  missingRolesAreDenied: boolean;
  /** A role made less than this ago is left out of listings, as they lag behind reads by name. */
  listLagMs: number;
  /** Answers carry no date, as behind a proxy that drops it. */
  undated: boolean;
  /** The account's summary says nothing of these. */
  unsaid: readonly string[];
}

/** Everything this AWS holds: accounts, keys, its clock. */
export interface World {
  readonly accounts: ReadonlyMap<string, Account>;
  /** Policies that AWS itself owns (`arn:aws:iam::aws:policy/…`), by ARN. */
  readonly awsManaged: ReadonlyMap<string, ManagedPolicy>;
  readonly keys: KeyRing;
  readonly bends: Bends;
  /** The base clock in milliseconds, without the offset dial. */
  readonly base: () => number;
  /** The server's time. */
  readonly now: () => Date;
  /** Writes the state file, where one is configured. Called after every change. */
  readonly save: () => void;
}

/** Builds a world over these accounts. `stateFile` is only written here; reading it is {@link savedAccounts}. */
export function makeWorld(
  accounts: readonly Account[],
  awsManaged: readonly ManagedPolicy[],
  options: { readonly now: () => number; readonly stateFile: string | undefined },
): World {
  const bends: Bends = {
    clockOffsetMs: 0,
    ignoreDates: false,
    propagationMs: 0,
    missingRolesAreDenied: false,
    listLagMs: 0,
    undated: false,
    unsaid: [],
  };
  const byId = new Map(accounts.map((account) => [account.id, account]));
  return {
    accounts: byId,
    awsManaged: new Map(awsManaged.map((policy) => [policy.arn, policy])),
    keys: new KeyRing(),
    bends,
    base: options.now,
    now: () => new Date(options.now() + bends.clockOffsetMs),
    save: () => {
      if (options.stateFile !== undefined) writeState(options.stateFile, [...byId.values()]);
    },
  };
}

/** Finds a managed policy that this account can use: its own, or one of AWS. */
export function managedPolicy(world: World, account: Account, arn: string): ManagedPolicy | undefined {
  return [...account.managedPolicies.values()].find((policy) => policy.arn === arn) ?? world.awsManaged.get(arn);
}

/** The document in force of a managed policy. Throws `NoSuchEntity` where there is none. */
export function managedDocument(world: World, account: Account, arn: string): string {
  const policy = managedPolicy(world, account, arn);
  const version = policy?.versions.find(({ id }) => id === policy.defaultVersion);
  if (version === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  return version.document;
}

type SavedAccount = Omit<Account, 'roles' | 'users' | 'managedPolicies'> & {
  readonly roles: readonly (readonly [string, Role])[];
  readonly users: readonly (readonly [string, User])[];
  readonly managedPolicies: readonly (readonly [string, ManagedPolicy])[];
};

function writeState(file: string, accounts: readonly Account[]): void {
  const saved: SavedAccount[] = accounts.map((account) => ({
    ...account,
    roles: [...account.roles],
    users: [...account.users],
    managedPolicies: [...account.managedPolicies],
  }));
  mkdirSync(dirname(file), { recursive: true });
  // Written beside and moved over, so that a process killed here leaves the old state whole.
  writeFileSync(`${file}.new`, JSON.stringify(saved), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The accounts of an earlier run, or none where the file does not exist. Throws on a file that is no state. */
export function savedAccounts(file: string): Account[] {
  if (!existsSync(file)) return [];
  const saved: SavedAccount[] = JSON.parse(readFileSync(file, 'utf8'));
  return saved.map((account) => ({
    ...account,
    roles: new Map(account.roles),
    users: new Map(account.users),
    managedPolicies: new Map(account.managedPolicies),
  }));
}
