import { type Clouds, type CloudWords, cloudWordsOf } from '../core/policy/cloud.ts';
import type { CloudPlace } from '../ports/cloud-memory.ts';

/** Is this in that account? Two clouds may call theirs the same. */
export const isIn = (a: CloudPlace, b: CloudPlace): boolean => a.provider === b.provider && a.account === b.account;

/** The accounts that these are in, each once. */
export const placesOf = (all: readonly CloudPlace[]): readonly CloudPlace[] =>
  all
    .filter((one, index) => all.findIndex((other) => isIn(other, one)) === index)
    .map(({ provider, account }) => ({ provider, account }));

/** What these are called, where one cloud has them all; else in words that fit each. */
export function sharedWords(clouds: Clouds, all: readonly Pick<CloudPlace, 'provider'>[]): CloudWords {
  const [cloud, ...others] = new Set(all.map(({ provider }) => provider));
  return cloud === undefined || others.length > 0 ? cloudWordsOf({}, 'several clouds') : cloudWordsOf(clouds, cloud);
}

/** An account as people look for it. */
export const placeWords = (clouds: Clouds, { provider, account }: CloudPlace): string =>
  `${cloudWordsOf(clouds, provider).name} account ${account}`;
