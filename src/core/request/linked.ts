import { type ChatKey, chatOf, type Directory, keysOf, type Person, personOf } from '../policy/directory.ts';
import type { ChatAccount, Facts } from './facts.ts';
import type { Refusal } from './refusal.ts';

/*
 * The other accounts of somebody who acts. Whoever left one chat of the organisation, or is a guest there, acts in none: an
 * account that one platform closed too late must not open anything. Only a clear answer counts, so a chat that does not
 * answer stops nobody but those who act through it.
 */

/** What bars a person everywhere. Not `stranger`: a chat says that of every account of another organisation. */
const BARRED = ['deleted', 'guest', 'bot'] as const satisfies readonly ChatAccount[];
type Barred = (typeof BARRED)[number];

/** Does this answer of a chat bar the person behind the account in every other chat too? */
export const bars = (account: ChatAccount): account is Barred => BARRED.some((one) => one === account);

/** The other accounts of whoever is behind this one, by the directory; none where that is nobody, or two. */
export function linkedKeys(directory: Directory, key: ChatKey): readonly ChatKey[] {
  const person = personOf(directory, key);
  return typeof person === 'string' ? [] : keysOf(person).filter((one) => one !== key);
}

/** Why this person acts nowhere, by what the chats say of their other accounts than the one used; undefined if nothing bars them. */
export function linkedProblem(
  { linked }: Pick<Facts, 'linked'>,
  person: Pick<Person, 'chats'>,
  used: ChatKey,
): (Refusal & { readonly code: `account_${Barred}` }) | undefined {
  for (const key of keysOf(person)) {
    const account = key === used ? undefined : linked?.[key];
    if (!account?.ok || !bars(account.value)) continue;
    const code = `account_${account.value}` as const;
    return chatOf(key) === chatOf(used) ? { code } : { code, detail: { chat: chatOf(key) } };
  }
  return undefined;
}
