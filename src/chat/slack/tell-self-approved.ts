import type { StoredEvent } from '../../core/events.ts';
import type { Row } from '../../core/work.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { selfApproved } from '../self-approved.ts';
import { METADATA } from './ids.ts';
import { postMessage } from './render.ts';
import { sendOnce } from './send.ts';
import { homes, type ShowDeps, sendDeps } from './show.ts';

const PLACE = '#default';

/**
 * Says in the default channel what no second person approved, once; in the security channel where that one takes nothing.
 * Where the card stands in the default channel, everybody there has read it already. Rejects when Slack is away.
 */
export async function tellSelfApproved(deps: ShowDeps, row: Row, event: StoredEvent, card: MessageRef | undefined) {
  const told = selfApproved(event, row.request);
  const channels = (await deps.store.policyInForce())?.policy.channels;
  if (told === undefined || channels === undefined || card?.channel === channels.default) return;
  const { ask } = row.request;
  const message = postMessage(told, await homes(deps));
  await sendOnce(sendDeps(deps), {
    key: { requestId: ask.id, kind: 'note', seq: event.seq, person: PLACE },
    digest: ask.digest,
    version: row.version,
    since: ask.askedAt,
    places: [
      async () => ({ channel: channels.default }),
      async () => (channels.security === channels.default ? undefined : { channel: channels.security }),
    ],
    mark: { type: METADATA.note, payload: { id: event.id, person: PLACE } },
    message: () => message,
  });
}
