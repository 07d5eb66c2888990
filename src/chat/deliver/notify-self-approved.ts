import type { StoredEvent } from '../../core/events.ts';
import type { Row } from '../../core/request/work.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { selfApproved } from '../words/self-approved.ts';
import { sendOnce } from './send.ts';
import { type ChatDeps, isSamePlace, policyPlace, sendDeps } from './show.ts';

const PLACE = '#default';

/**
 * Says in the default channel what no second person approved, once; in the security channel where that one takes nothing.
 * Where the card stands in the default channel, everybody there has read it already. Rejects when the chat is away.
 */
export async function notifySelfApproved(deps: ChatDeps, row: Row, event: StoredEvent, card: MessageRef | undefined) {
  const entry = selfApproved(event, row.request);
  const shared = await policyPlace(deps, 'default');
  if (entry === undefined || shared === undefined || card?.place === shared.place) return;
  const { details } = row.request;
  await sendOnce(sendDeps(deps), {
    key: { requestId: details.id, chat: deps.chat.name, kind: 'note', seq: event.seq, person: PLACE },
    digest: details.digest,
    version: row.version,
    since: details.askedAt,
    places: [
      async () => shared,
      async () => {
        const security = await policyPlace(deps, 'security');
        return isSamePlace(security, shared) ? undefined : security;
      },
    ],
    tag: { type: 'note', of: { id: event.id, person: PLACE } },
    content: () => ({ kind: 'entry', entry: entry }),
  });
}
