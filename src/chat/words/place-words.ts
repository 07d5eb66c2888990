import { type Clouds, type CloudWords, cloudWordsOf } from '../../core/policy/cloud.ts';
import type { CloudPlace } from '../../ports/cloud-memory.ts';

/** What these are called, where one cloud has them all; else in words that fit each. */
export function sharedWords(clouds: Clouds, all: readonly Pick<CloudPlace, 'provider'>[]): CloudWords {
  const [cloud, ...others] = new Set(all.map(({ provider }) => provider));
  return cloud === undefined || others.length > 0 ? cloudWordsOf({}, 'several clouds') : cloudWordsOf(clouds, cloud);
}

/** An account as people look for it. */
export const placeWords = (clouds: Clouds, { provider, account }: CloudPlace): string =>
  `${cloudWordsOf(clouds, provider).name} account ${account}`;
