import type { NewsPlace } from '../../ports/news.ts';
import { isPlaceTrouble } from './send.ts';
import type { ShowDeps } from './show.ts';
import { inert } from './text.ts';
import { chatFailure, refusalOf } from './web.ts';

/** Posts news of a freeze into one channel of the policy, once where it is both. False when Slack never takes it there. */
export async function tellOfFreeze(
  { workspace, store }: Pick<ShowDeps, 'workspace'> & { readonly store: Pick<ShowDeps['store'], 'policyInForce'> },
  place: NewsPlace,
  text: string,
): Promise<boolean> {
  const channels = (await store.policyInForce())?.policy.channels;
  if (channels === undefined) return false;
  if (place === 'default' && channels.default === channels.security) return true;
  try {
    await workspace.client.chat.postMessage({ channel: channels[place], text: `⛔ ${inert(text)}` });
    return true;
  } catch (error) {
    if (isPlaceTrouble(refusalOf(error))) return false;
    throw chatFailure('telling a channel of the freeze', error);
  }
}
