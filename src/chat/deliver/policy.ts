import type { StoredEvent } from '../../core/events.ts';
import type { ChatName } from '../../core/policy/directory.ts';
import type { PolicyChannel } from '../../ports/news.ts';
import { securityMoved } from '../words/note-words.ts';
import { policyNews } from '../words/policy-words.ts';
import { isNo } from './send.ts';
import type { ChatDeps } from './show.ts';

/**
 * Posts a change of the policy into the security channel of before or of after, once where they are the same; the one of
 * before hears which comes after it; a chat that has no such channel is owed nothing. False when the chat never takes it there.
 */
export async function postPolicy(
  { chat }: Pick<ChatDeps, 'chat'>,
  which: PolicyChannel,
  event: StoredEvent,
): Promise<boolean> {
  const before = channelIn(event.data.oldSecurityChannels, chat.name);
  const after = channelIn(event.data.newSecurityChannels, chat.name);
  const leaves = which === 'policy_before';
  if (leaves && (before === undefined || before === after)) return true;
  const place = leaves ? before : after;
  if (place === undefined) return true;
  const moved = leaves ? [securityMoved(after)] : [];
  const lines = [...policyNews(event), ...moved];
  return !isNo(await chat.send({ chat: chat.name, place }, { kind: 'lines', lines }));
}

/** The channel of one chat, of those that an event names. */
const channelIn = (channels: unknown, chat: ChatName): string | undefined =>
  (channels as Readonly<Record<ChatName, string>> | undefined)?.[chat];
