import type { CloudPlace } from '../ports/cloud-memory.ts';

/** Is this in that account? Two clouds may call theirs the same. */
export const isIn = (a: CloudPlace, b: CloudPlace): boolean => a.provider === b.provider && a.account === b.account;

/** The accounts that these are in, each once. */
export const placesOf = (all: readonly CloudPlace[]): readonly CloudPlace[] =>
  all
    .filter((one, index) => all.findIndex((other) => isIn(other, one)) === index)
    .map(({ provider, account }) => ({ provider, account }));
