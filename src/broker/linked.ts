import { within } from '../bounded.ts';
import { type ChatKey, chatOf, type Directory } from '../core/policy/directory.ts';
import type { ChatAccount } from '../core/request/facts.ts';
import { linkedKeys } from '../core/request/linked.ts';
import type { BrokerDeps } from './deps.ts';

/** How long somebody who acts in one chat waits for what another says of them (milliseconds). */
export const LINKED_MS = 2_000;

/** What a chat said of an account, or why it said nothing. */
type Said = { readonly ok: true; readonly value: ChatAccount } | { readonly ok: false; readonly why: string };

/**
 * Asks, side by side, what the chats say of the other accounts of those behind these ones. Never rejects: one that does
 * not answer in `LINKED_MS` is a failed look-up, and whoever is asked about goes on without it.
 */
export async function askLinked(
  { announce, logger }: Pick<BrokerDeps, 'announce' | 'logger'>,
  directory: Directory,
  used: readonly ChatKey[],
): Promise<readonly (readonly [ChatKey, Said])[]> {
  const keys = new Set(used.flatMap((key) => linkedKeys(directory, key)));
  return Promise.all(
    [...keys].map(async (key): Promise<readonly [ChatKey, Said]> => {
      try {
        return [key, { ok: true, value: await within(LINKED_MS, chatOf(key), announce.account(key)) }];
      } catch (error) {
        logger.warn({ lookup: 'linked account', why: String(error) }, 'a look-up failed');
        return [key, { ok: false, why: `${chatOf(key)} did not answer` }];
      }
    }),
  );
}
