import type { StoredEvent } from '../../core/events.ts';
import type { PolicyPlace } from '../../ports/news.ts';
import { policyNews } from '../words/policy-words.ts';
import { isNo } from './send.ts';
import type { ChatDeps } from './show.ts';

/**
 * Posts a change of the policy into the security channel of before or of after, once where they are the same; the one of
 * before hears which comes after it. False when the chat never takes it there.
 */
export async function postPolicy(
  { chat }: Pick<ChatDeps, 'chat'>,
  which: PolicyPlace,
  event: StoredEvent,
): Promise<boolean> {
  const { oldSecurityChannel: before, newSecurityChannel: after } = event.data;
  const leaves = which === 'policy_before';
  if (leaves && (before === undefined || before === after)) return true;
  const place = leaves ? before : after;
  if (typeof place !== 'string') return false;
  const moved = leaves ? [`From now on the security channel is ${String(after)}.`] : [];
  const lines = [...policyNews(event), ...moved];
  return !isNo(await chat.send({ chat: chat.name, place }, { kind: 'lines', lines }));
}
