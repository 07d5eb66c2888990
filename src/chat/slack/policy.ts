import type { StoredEvent } from '../../core/events.ts';
import type { PolicyPlace } from '../../ports/news.ts';
import { policyNews } from '../policy-words.ts';
import { isPlaceTrouble } from './final-answers.ts';
import type { ShowDeps } from './show.ts';
import { inert } from './text.ts';
import { chatFailure, refusalOf } from './web.ts';

/**
 * Posts a change of the policy into the security channel of before or of after, once where they are the same; the one of
 * before hears which comes after it. False when Slack never takes it there.
 */
export async function tellOfPolicy(
  { workspace }: Pick<ShowDeps, 'workspace'>,
  place: PolicyPlace,
  event: StoredEvent,
): Promise<boolean> {
  const { oldSecurityChannel: before, newSecurityChannel: after } = event.data;
  const leaves = place === 'policy_before';
  if (leaves && (before === undefined || before === after)) return true;
  const channel = leaves ? before : after;
  if (typeof channel !== 'string') return false;
  const moved = leaves ? [`From now on the security channel is ${inert(String(after))}.`] : [];
  const lines = [...policyNews(event).map(inert), ...moved];
  try {
    await workspace.client.chat.postMessage({ channel, text: lines.join('\n') });
    return true;
  } catch (error) {
    if (isPlaceTrouble(refusalOf(error))) return false;
    throw chatFailure('telling a security channel of the policy', error);
  }
}
