import type { StoredEvent } from '../../core/events.ts';
import type { AccessRequest, Party, Plan } from '../../core/request.ts';
import type { Row } from '../../core/work.ts';
import { oneLine, type Phrase } from '../phrase.ts';
import { tell } from '../timeline.ts';
import type { PrivateNote } from '../words/content.ts';
import { sendOnce } from './send.ts';
import { type ChatDeps, sendDeps } from './show.ts';

/** What the requester is told privately of an event, if anything. */
export function notesFor(
  event: StoredEvent,
  request: AccessRequest,
  deps: Pick<ChatDeps, 'usage'>,
  phone: string,
): readonly PrivateNote[] {
  const { ask } = request;
  const told = tell(event, { request, phone });
  const said: Phrase = told ? [{ strong: ask.terms.role.name }, ': ', ...told.said] : [];
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
    case 'approvers_told':
      return Array.isArray(event.data.reached) && event.data.reached.length > 0
        ? []
        : [{ said: nobody(ask.terms.role.name, phone) }];
    case 'request_refused':
    case 'request_lapsed':
    case 'grant_failed':
      return [{ said, askAgain: ask.id }];
    case 'request_denied':
      return [{ said: [...said, ` “${oneLine(String(event.data.reason ?? ''), 500)}”`], askAgain: ask.id }];
    case 'end_requested':
      return event.data.cause === 'expired' || event.data.by === ask.requester.id ? [] : [{ said }];
    default:
      return [];
  }
}

const nobody = (role: string, phone: string): Phrase => [
  { strong: role },
  ': nobody on call could be reached here. Your request stands; phone ',
  oneLine(phone, 200),
  ' and ask for somebody to press Approve on the card.',
];

const plansOf = (request: AccessRequest): readonly Plan[] =>
  request.state === 'pending' ? [] : request.grants.flatMap(({ plan }) => (plan ? [plan] : []));

function usageNote(said: Phrase, plan: Plan, { usage }: Pick<ChatDeps, 'usage'>): PrivateNote {
  const { consoleUrl, cli } = usage(plan);
  return {
    said: [...said, ' For the command line, add this profile to your own AWS configuration; it holds no secret:'],
    ...(consoleUrl === undefined ? {} : { link: { url: consoleUrl, label: 'Switch to the role in the console' } }),
    snippets: [cli],
  };
}

/** Tells the requester by direct message. Somebody who cannot be written to reads the thread; nothing waits for them. */
export async function notifyPrivately(deps: ChatDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const { ask } = row.request;
  const notes = notesFor(event, row.request, deps, phone);
  for (const [index, note] of notes.entries()) {
    const who = index === 0 ? ask.requester.id : `${ask.requester.id}#${index}`;
    await sendNote(deps, row, { seq: event.seq, who, to: ask.requester, id: event.id, note });
  }
}

/** The card could not stand where it should: its requester learns where it stands instead, and what to do. */
export async function notifyFallback(deps: ChatDeps, row: Row, place: string): Promise<void> {
  const { ask } = row.request;
  const where = deps.chat.isDirect({ chat: deps.chat.name, place })
    ? 'so only you see it. Invite me to a channel where approvers are, or phone them.'
    : 'so it stands in another channel, where others see it.';
  const said: Phrase = [
    { strong: ask.terms.role.name },
    ': I could not post the card in the incident’s channel (I am not in it, or it is archived), ',
    where,
    ' To have the next one there, invite me with /invite.',
  ];
  // Told beside the first event, which tells the requester nothing else.
  const who = `${ask.requester.id}#card`;
  await sendNote(deps, row, { seq: 1, who, to: ask.requester, id: `${ask.id}/card`, note: { said } });
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
  const { ask } = row.request;
  await sendOnce(sendDeps(deps), {
    key: { requestId: ask.id, kind: 'note', seq, person: who },
    digest: ask.digest,
    version: row.version,
    since: ask.askedAt,
    places: [() => deps.chat.direct(to)],
    tag: { type: 'note', of: { id, person: who } },
    content: () => ({ kind: 'note', note }),
  });
}
