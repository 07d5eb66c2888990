import type { StoredEvent } from '../../core/events.ts';
import type { AccessRequest, Party, Plan } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { PrivateNote } from '../words/content.ts';
import { cardElsewhere, nobodyReached } from '../words/note-words.ts';
import { oneLine, type Phrase } from '../words/phrase.ts';
import { entryOf } from '../words/timeline.ts';
import { sendOnce } from './send.ts';
import { type ChatDeps, contextOf, isOf, sendDeps } from './show.ts';

/** What the requester is told privately of an event, if anything. */
export function notesFor(
  event: StoredEvent,
  request: AccessRequest,
  deps: Pick<ChatDeps, 'usage' | 'words'>,
  phone: string,
): readonly PrivateNote[] {
  const { details } = request;
  const entry = entryOf(event, contextOf(deps, request, phone));
  const said: Phrase = entry ? [{ strong: details.terms.role.name }, ': ', ...entry.said] : [];
  switch (event.type) {
    case 'access_opened':
      return plansOf(request).map((plan) => usageNote(said, plan, deps));
    case 'access_ending_soon':
    case 'access_extended':
    case 'extension_lapsed':
    case 'request_held':
    case 'request_resumed':
      return [{ said }];
    case 'extension_denied':
      return [{ said: [...said, ` “${oneLine(String(event.data.reason ?? ''), 500)}”`] }];
    case 'extension_failed':
      // Where the access ended first, the ending is the news.
      return event.data.why === 'ended_first' ? [] : [{ said }];
    case 'approvers_notified':
      return Array.isArray(event.data.reached) && event.data.reached.length > 0
        ? []
        : [{ said: nobodyReached(details.terms.role.name, phone) }];
    case 'request_refused':
    case 'request_lapsed':
    case 'grant_failed':
      return [{ said, askAgain: details.id }];
    case 'request_denied':
      return [{ said: [...said, ` “${oneLine(String(event.data.reason ?? ''), 500)}”`], askAgain: details.id }];
    case 'end_requested':
      return event.data.cause === 'expired' || event.data.by === details.requester.id ? [] : [{ said }];
    default:
      return [];
  }
}

const plansOf = (request: AccessRequest): readonly Plan[] =>
  request.state === 'pending' ? [] : request.grants.flatMap(({ plan }) => (plan ? [plan] : []));

function usageNote(said: Phrase, plan: Plan, { usage }: Pick<ChatDeps, 'usage'>): PrivateNote {
  const { say, link, snippet } = usage(plan);
  return { said: [...said, ` ${say}`], ...(link && { link }), snippets: [snippet] };
}

/** Tells the requester by direct message. Somebody who cannot be written to reads the thread; nothing waits for them. */
export async function notifyPrivately(deps: ChatDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const { details } = row.request;
  const notes = notesFor(event, row.request, deps, phone);
  for (const [index, note] of notes.entries()) {
    const who = index === 0 ? details.requester.id : `${details.requester.id}#${index}`;
    await sendNote(deps, row, { seq: event.seq, who, to: details.requester, id: event.id, note });
  }
}

/** The card could not stand where it should: its requester learns where it stands instead, and what to do. */
export async function notifyFallback(deps: ChatDeps, row: Row, place: string): Promise<void> {
  const { details } = row.request;
  const alone = deps.chat.isDirect({ chat: deps.chat.name, place });
  const said = cardElsewhere(details.terms.role.name, alone);
  // Told beside the first event, which tells the requester nothing else.
  const who = `${details.requester.id}#card`;
  await sendNote(deps, row, { seq: 1, who, to: details.requester, id: `${details.id}/card`, note: { said } });
}

/** Somebody is told something of an event. `who` keeps it apart from what else the event tells. */
interface Note {
  readonly seq: number;
  readonly who: string;
  readonly to: Party;
  readonly id: string;
  readonly note: PrivateNote;
}

/** One private note, sent once. Whoever cannot be written to reads the thread. Rejects when the chat is away. */
export async function sendNote(deps: ChatDeps, row: Row, { seq, who, to, id, note }: Note): Promise<void> {
  if (!isOf(deps, to)) return;
  const { details } = row.request;
  await sendOnce(sendDeps(deps), {
    key: { requestId: details.id, chat: deps.chat.name, kind: 'note', seq, person: who },
    digest: details.digest,
    version: row.version,
    since: details.askedAt,
    places: [() => deps.chat.direct(to)],
    tag: { type: 'note', of: { id, person: who } },
    content: () => ({ kind: 'note', note }),
  });
}
