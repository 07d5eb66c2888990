import type { StoredEvent } from '../../core/events.ts';
import { askedNow, extensionAwaited } from '../../core/request/extension.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import { list, text } from '../words/event-data.ts';
import { ANSWER_ON_CARD } from '../words/note-words.ts';
import { entryOf } from '../words/timeline.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { cardFor, drawAll } from './draw.ts';
import { inviteOne } from './invite.ts';
import { sendNote } from './notes.ts';
import { contextOf, type ShowDeps } from './show.ts';

/** Those who were asked the first time and those who said yes then, the requester aside: they know what it is about. */
export const approversAsked = ({
  details,
  approvals,
  extended,
  escalatedTo = [],
}: AccessRequest): readonly string[] => {
  const yes = [...approvals, ...(extended?.approvals ?? [])].map(({ by }) => by.id);
  return [...new Set([...details.invite, ...escalatedTo.map(({ id }) => id), ...yes])].filter(
    (id) => id !== details.requester.id,
  );
};

/** Tells approvers that more time is asked for; whoever is on call only by now gets the card too. The buttons are on the card, which says what it would mean. */
export async function notifyApprovers(deps: ShowDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const { request } = row;
  // Told late, when it was decided meanwhile, it would send them to a card without buttons.
  if (!extensionAwaited(request) || request.extension.number !== event.data.number) return;
  const entry = entryOf(event, contextOf(deps, request, phone));
  if (entry === undefined) return;
  const joined = list(event.data.alsoAsked).map(text);
  const card = joined.length > 0 ? await cardFor(deps, row) : undefined;
  const said = [{ strong: request.details.terms.role.name }, ': ', ...entry.said, ANSWER_ON_CARD];
  for (const id of approversAsked(request)) {
    const to = partyIn(request, id);
    if (to === undefined) continue;
    if (card !== undefined && joined.includes(id)) await inviteOne(deps, row, id, card);
    await sendNote(deps, row, { seq: event.seq, who: id, to, id: event.id, note: { said } });
  }
  // A new copy shows the row as it was read before it was sent; whoever drew meanwhile did not know of that copy.
  if (card !== undefined) await drawAll(deps, row);
}

/** The incident turned unverified at an approval: whoever is on call for what that adds gets the card, and why. */
export async function notifyAlsoAsked(deps: ShowDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const { request } = row;
  const asked = list(event.data.alsoAsked).flatMap((id) => partyIn(request, text(id)) ?? []);
  // Told late, when it was decided meanwhile, it would send them to a card without buttons.
  if (asked.length === 0 || askedNow(request)?.digest !== event.data.digest) return;
  const card = await cardFor(deps, row);
  const said = [
    { strong: request.details.terms.role.name },
    ': ',
    ...(entryOf(event, contextOf(deps, request, phone))?.said ?? []),
    ANSWER_ON_CARD,
  ];
  for (const to of asked) {
    await inviteOne(deps, row, to.id, card);
    await sendNote(deps, row, { seq: event.seq, who: to.id, to, id: event.id, note: { said } });
  }
  // A new copy shows the row as it was read before it was sent; whoever drew meanwhile did not know of that copy.
  await drawAll(deps, row);
}
