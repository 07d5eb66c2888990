import { requestStream, type StoredEvent } from '../../core/events.ts';
import type { Row } from '../../core/work.ts';
import type { Target } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { type ByHand, byHandOf } from '../card.ts';
import { tell } from '../timeline.ts';
import type { Content } from '../words/content.ts';
import { notifyCalled } from './call.ts';
import { cardIn } from './draw.ts';
import { notifyPrivately } from './notes.ts';
import { notifyAlsoAsked, notifyApprovers } from './notify-approvers.ts';
import { notifySelfApproved } from './notify-self-approved.ts';
import { isUnclear, removeDouble, sendOnce, UNCLEAR_MAX_MS } from './send.ts';
import { isSamePlace, phoneNow, policyPlace, type ShowDeps, sendDeps } from './show.ts';

/**
 * Tells every event that is not yet told, in order, one at a time; each counts as told only when the chat has it. Events
 * go into the thread of the card; openings, endings and alarms are shown in the channel too.
 */
export async function postAll(deps: ShowDeps, row: Row): Promise<void> {
  const { id } = row.request.ask;
  const newest = (await deps.store.find(id)) ?? row;
  const events = await deps.store.events(requestStream(id), newest.postedSeq);
  if (events.length === 0) return;
  const card = await cardIn(deps, newest);
  const phone = await phoneNow(deps);
  for (const event of events) {
    await postOne(deps, newest, event, card, phone);
    await notifyPrivately(deps, newest, event, phone);
    await notifyCalled(deps, newest, event, phone);
    if (event.type === 'extension_asked') await notifyApprovers(deps, newest, event, phone);
    if (event.type === 'approval_recorded') await notifyAlsoAsked(deps, newest, event, phone);
    await notifySelfApproved(deps, newest, event, card);
    if (SECURITY.has(event.type)) await notifySecurity(deps, newest, event, phone);
    if (event.type === 'request_closed') await tidy(deps, newest, event, card);
    await deps.store.chat.posted(id, event.seq);
  }
}

/** What the security channel hears of, besides the incident's own; the default one where that takes nothing. */
const SECURITY: ReadonlySet<string> = new Set([
  'alarm',
  'revoke_failed',
  'access_lost',
  'oncall_paged',
  'ending_attested',
]);

async function notifySecurity(deps: ShowDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const told = tell(event, { request: row.request, phone });
  const security = await policyPlace(deps, 'security');
  if (told === undefined || security === undefined) return;
  const { ask } = row.request;
  const said = [{ strong: ask.terms.role.name }, ` (${ask.id}): `, ...told.said];
  const content: Content = { kind: 'entry', entry: { ...told, said, byHand: await byHandFor(deps, row, event) } };
  await sendOnce(sendDeps(deps), {
    key: { requestId: ask.id, kind: 'note', seq: event.seq, person: '#security' },
    digest: ask.digest,
    version: row.version,
    since: ask.askedAt,
    places: [
      async () => security,
      async () => {
        const other = await policyPlace(deps, 'default');
        return isSamePlace(other, security) ? undefined : other;
      },
    ],
    tag: { type: 'note', of: { id: event.id, person: '#security' } },
    content: () => content,
  });
}

async function postOne(deps: ShowDeps, row: Row, event: StoredEvent, card: MessageRef | undefined, phone: string) {
  const told = tell(event, { request: row.request, phone });
  if (told === undefined) return;
  const { ask } = row.request;
  const byHand = await byHandFor(deps, row, event);
  const inThread: Content = { kind: 'entry', entry: { ...told, byHand } };
  // Outside the card's thread a line must say what it is about.
  const said = [{ strong: ask.terms.role.name }, ` (${ask.id}): `, ...told.said];
  const alone: Content = { kind: 'entry', entry: { ...told, said, byHand } };
  await sendOnce(sendDeps(deps), {
    key: { requestId: ask.id, kind: 'post', seq: event.seq, person: '' },
    digest: ask.digest,
    version: row.version,
    since: ask.askedAt,
    places: [
      async (): Promise<Target | undefined> => threadOf(deps, card, told.loud),
      () => policyPlace(deps, 'default'),
      () => deps.chat.direct(ask.requester),
    ],
    tag: { type: 'event', of: { id: event.id } },
    content: ({ thread }) => (thread === undefined ? alone : inThread),
  });
}

/** On-call reads what to run beside what happened, while it still has to be ended. */
const byHandFor = async (deps: ShowDeps, row: Row, { type }: StoredEvent): Promise<ByHand | undefined> =>
  type === 'oncall_paged' ? byHandOf(await deps.view(row)) : undefined;

const threadOf = ({ chat }: ShowDeps, card: MessageRef | undefined, broadcast: boolean): Target | undefined =>
  card?.ts === undefined ? undefined : { chat: chat.name, place: card.channel, thread: card.ts, broadcast };

/**
 * A sender that came back late may have left a second copy of a line. Once, at the end, the thread is read and every
 * line that is not the stored one is deleted.
 */
async function tidy(deps: ShowDeps, row: Row, { at }: StoredEvent, card: MessageRef | undefined): Promise<void> {
  const thread = threadOf(deps, card, false);
  if (thread === undefined || !deps.chat.can.search) return;
  const { id, askedAt } = row.request.ask;
  try {
    const refs = await deps.store.chat.refs(id);
    const kept = new Map(
      refs.filter(({ kind }) => kind === 'post').map((ref) => [`${requestStream(id)}/${ref.seq}`, ref.ts]),
    );
    for (const one of await deps.chat.find(thread, { type: 'event', of: {} }, askedAt)) {
      const message = kept.get(one.tag.of.id ?? '');
      if (message !== undefined && message !== one.message) await removeDouble(deps, one);
    }
  } catch (error) {
    const late = isUnclear(error) && (await deps.store.clock.now()).getTime() - at.getTime() >= UNCLEAR_MAX_MS;
    if (!late) throw error;
    deps.logger.warn({ requestId: id, why: String(error) }, 'the thread could not be read for doubles');
  }
}
