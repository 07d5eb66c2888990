import type { StoredEvent } from '../../core/events.ts';
import type { Party, RequestDetails } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import { frozenSaid } from '../words/call-lines.ts';
import type { PrivateNote } from '../words/content.ts';
import { list, text } from '../words/event-data.ts';
import { reminderWish } from '../words/note-words.ts';
import { oneLine } from '../words/phrase.ts';
import { entryOf } from '../words/timeline.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { cardFor, drawAll } from './draw.ts';
import { inviteOne } from './invite.ts';
import { sendNote } from './notes.ts';
import { contextOf, type ShowDeps } from './show.ts';

/** Tells those whom an event calls, each by themselves: approvers who are reminded, and whoever was paged that it is over. */
export async function notifyCalled(deps: ShowDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const tried = await Promise.allSettled(
    calledBy(row, event).map(async (party) => {
      const note =
        event.type === 'page_resolved'
          ? overNote(deps, row, event, phone)
          : await reminder(deps, row, event, { party, phone });
      await sendNote(deps, row, { seq: event.seq, who: `${party.id}#call`, to: party, id: event.id, note });
    }),
  );
  const failed = tried.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  // A new copy shows the row as it was read before it was sent; whoever drew meanwhile did not know of that copy.
  if (event.type === 'approvers_reminded') await drawAll(deps, row);
}

function calledBy({ request }: Row, { type, data }: StoredEvent): readonly Party[] {
  if (type === 'page_resolved') return request.pages?.notified ?? [];
  // Told late, when it was decided meanwhile, a reminder would send somebody to a card without buttons.
  if (type !== 'approvers_reminded' || request.state !== 'pending') return [];
  return list(data.people).flatMap((id) => partyIn(request, text(id)) ?? []);
}

function overNote(deps: ShowDeps, row: Row, event: StoredEvent, phone: string): PrivateNote {
  const { request } = row;
  return {
    said: [
      { strong: request.details.terms.role.name },
      `, ${request.details.id}: `,
      ...(entryOf(event, contextOf(deps, request, phone))?.said ?? []),
    ],
  };
}

/** As whom somebody is reminded. */
const readerOf = ({ tier }: StoredEvent['data'], { id }: Party, { requester }: RequestDetails) => {
  if (text(tier) === 'commander') return 'commander';
  return id === requester.id ? 'requester' : 'approver';
};

async function reminder(
  deps: ShowDeps,
  row: Row,
  { data }: StoredEvent,
  { party, phone }: { readonly party: Party; readonly phone: string },
): Promise<PrivateNote> {
  const { details, escalatedTo = [] } = row.request;
  if (escalatedTo.some(({ id }) => id === party.id)) await inviteOne(deps, row, party.id, await cardFor(deps, row));
  const wish =
    data.frozen === undefined
      ? reminderWish(readerOf(data, party, details), phone)
      : `, and it still waits. ${frozenSaid(data.frozen)}`;
  const link = await cardLink(deps, row, party);
  return {
    said: [
      { person: details.requester },
      ' asks for ',
      { strong: details.terms.role.name },
      `, for incident ${oneLine(details.incident.title === '' ? details.incident.id : `${details.incident.id}: ${details.incident.title}`, 250)}`,
      wish,
      ' It lapses ',
      { at: details.decideBy },
      '.',
    ],
    ...(link === undefined ? {} : { link: { url: link, label: 'Open the card' } }),
  };
}

/**
 * Where the card stands for this person: their own copy, which they can surely see, else the channel's. None when the chat
 * does not say: the note does without it.
 */
async function cardLink({ store, chat, logger }: ShowDeps, row: Row, { id }: Party): Promise<string | undefined> {
  const refs = (await store.chat.refs(row.request.details.id, chat.name)).filter(
    ({ message, state }) => message !== undefined && state === 'sent',
  );
  const ref =
    refs.find(({ kind, person }) => kind === 'copy' && person === id) ?? refs.find(({ kind }) => kind === 'card');
  if (ref?.message === undefined) return undefined;
  try {
    return await chat.link({ chat: chat.name, place: ref.place, message: ref.message });
  } catch (error) {
    logger.warn({ requestId: ref.requestId, why: String(error) }, 'a card could not be linked to');
    return undefined;
  }
}
