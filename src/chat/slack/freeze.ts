import type { NewsPlace } from '../../ports/news.ts';
import { isPlaceTrouble } from './final-answers.ts';
import { UNCLEAR_MAX_MS } from './send.ts';
import type { ShowDeps } from './show.ts';
import { inert } from './text.ts';
import { chatFailure, isUnclear, refusalOf } from './web.ts';

/**
 * Posts news of a freeze into one channel of the policy, once where it is both. False when Slack never takes it there, or
 * still answers unclearly so long after it happened that later news must not wait for this.
 */
export async function tellOfFreeze(
  {
    workspace,
    store,
  }: Pick<ShowDeps, 'workspace'> & { readonly store: Pick<ShowDeps['store'], 'clock' | 'policyInForce'> },
  place: NewsPlace,
  { text, at }: { readonly text: string; readonly at: Date },
): Promise<boolean> {
  const channels = (await store.policyInForce())?.policy.channels;
  if (channels === undefined) return false;
  if (place === 'default' && channels.default === channels.security) return true;
  try {
    await workspace.client.chat.postMessage({ channel: channels[place], text: `⛔ ${inert(text)}` });
    return true;
  } catch (error) {
    if (isPlaceTrouble(refusalOf(error))) return false;
    if (isUnclear(error) && (await store.clock.now()).getTime() - at.getTime() >= UNCLEAR_MAX_MS) return false;
    throw chatFailure('telling a channel of the freeze', error);
  }
}
