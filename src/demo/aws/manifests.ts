import { readFileSync } from 'node:fs';
import type { Policy } from '../../core/policy.ts';

interface Statement {
  readonly Sid: string;
  readonly [member: string]: unknown;
}

/** A policy document of `manifests/aws/`. */
export interface Manifest {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const EXAMPLE_ACCOUNT = /123456789012/g;
const EXAMPLE_BROKER = '"arn:aws:iam::*:role/breakglass-broker"';

/**
 * A manifest as an operator installs it in this account: with its number, and, on a local AWS whose callers are all on
 * this machine, without the networks that responders come from.
 */
export function manifest(name: string, account: string): Manifest {
  const file = new URL(`../../../manifests/aws/${name}.json`, import.meta.url);
  const read: Manifest = JSON.parse(readFileSync(file, 'utf8').replace(EXAMPLE_ACCOUNT, account));
  return { ...read, Statement: read.Statement.filter(({ Sid }) => Sid !== 'ExpectedNetwork') };
}

/** The service control policy as an operator fills it in, whose broker role has this ARN. */
export function serviceControl(account: string, brokerRole: string): Manifest {
  const document = JSON.stringify(manifest('scp', account)).replaceAll(EXAMPLE_BROKER, JSON.stringify(brokerRole));
  const filled: Manifest = JSON.parse(document);
  return filled;
}

/**
 * The boundary of a zone. Where the catalog has identity roles in zone C, its statement about identity changes is filled in
 * with what they name, as the manifests' README tells an operator to do.
 */
export function boundary(
  zone: keyof Policy['accounts'][number]['boundaries'],
  account: string,
  targets: readonly string[],
) {
  const document = manifest(`boundary-${zone.toLowerCase()}`, account);
  if (targets.length === 0) return document;
  const filled = document.Statement.map((statement) =>
    statement.Sid === 'IdentityChangesOnNamedTargets' ? { ...statement, NotResource: targets } : statement,
  );
  return { ...document, Statement: filled };
}
