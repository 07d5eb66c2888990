import { readFileSync } from 'node:fs';
import {
  filledManifest,
  type Manifest,
  type ManifestInput,
  type ManifestName,
} from '../../clouds/aws/policy/manifests.ts';

/** Everybody on a local AWS calls from this machine. */
const HERE = ['127.0.0.0/8', '::1/128'];

/** The organization that accounts of one configuration belong to. */
export const ORGANIZATION = 'o-exampleorg';

/**
 * A manifest as `breakglass manifests aws` writes it for an account of a local AWS, whose callers are all on this machine.
 * The broker's role says which partition the account is of; `identityTargets` are what the catalog names in zone C.
 */
export function manifest(
  name: ManifestName,
  account: string,
  own: Partial<Pick<ManifestInput, 'partition' | 'brokerRole' | 'identityTargets'>> = {},
): Manifest {
  const file = new URL(`../../../manifests/aws/${name}.json`, import.meta.url);
  return filledManifest(readFileSync(file, 'utf8'), {
    partition: 'aws',
    account,
    networks: HERE,
    vpcs: [],
    organization: ORGANIZATION,
    brokerRole: 'breakglass-broker',
    securityRole: 'org-security-admin',
    identityTargets: [],
    ...own,
  });
}
