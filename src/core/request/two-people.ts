import { type ChatKey, type Person, personById, personOf } from '../policy/directory.ts';
import { type Decision, refuse } from './decision.ts';
import { type Facts, isFresh } from './facts.ts';
import { isSecurity } from './freeze.ts';
import { linkedProblem } from './linked.ts';
import type { Party } from './request.ts';

/*
 * What two people of the security group must say, one after the other: that a freeze is lifted, that an access ended.
 */

/** One person's word, and the chat account it came from. */
interface Word {
  readonly by: Party;
  readonly key: ChatKey;
}

/** Is one of these words this person's, or from this account, under whatever name? */
export const hasSaid = (words: readonly Word[], person: Person, key: ChatKey): boolean =>
  words.some(({ by, key: used }) => by.id === person.id || used === key || by.keys.includes(key));

/**
 * Those who could say it now as well, from the same account: a member of the chat, barred in no other, still theirs alone,
 * and of the group.
 * A look-up of them that failed is a no.
 */
export function stillSecurity<T extends Word>(
  words: readonly T[],
  facts: Facts,
  now: Date,
): { readonly ok: true; readonly kept: readonly T[] } | (Decision & { readonly ok: false }) {
  const accounts = words.map(({ key }) => facts.approvers?.[key]);
  // Said since the accounts were asked about: whoever says it now as well is no trouble of the chat's.
  if (accounts.includes(undefined)) return refuse('stale_facts');
  if (accounts.some((account) => !account?.ok)) return refuse('account_unavailable');
  if (accounts.some((account) => account === undefined || !isFresh(account, now))) return refuse('stale_facts');
  const { policy, directory } = facts;
  if (!policy.ok || !directory.ok) return refuse('directory_unavailable');
  const kept = words.filter(({ by, key }, index) => {
    const account = accounts[index];
    const person = personById(directory.value, by.id);
    const present = account?.ok === true && account.value === 'member' && personOf(directory.value, key) === person;
    const barred = person && linkedProblem(facts, person, key);
    return present && person !== undefined && barred === undefined && isSecurity(policy.value, directory.value, person);
  });
  return { ok: true, kept };
}

/** Whose word does not count any more, as an event names them. */
export const droppedFrom = (words: readonly Word[], kept: readonly Word[]) =>
  words.filter((one) => !kept.includes(one)).map(({ by: { id, name } }) => ({ id, name }));
