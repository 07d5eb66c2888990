import { requestStream, type StoredEvent } from '../../core/events.ts';
import type { Row } from '../../core/request/work.ts';
import type { Target } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { commandsOf, type ManualCommands } from '../words/card.ts';
import type { Content } from '../words/content.ts';
import { entryOf } from '../words/timeline.ts';
import { notifyCalled } from './call.ts';
import { cardIn } from './draw.ts';
import { notifyPrivately } from './notes.ts';
import { notifyAlsoAsked, notifyApprovers } from './notify-approvers.ts';
import { notifySelfApproved } from './notify-self-approved.ts';
import { isUnclear, isUnknown, removeDouble, sendOnce, UNCLEAR_MAX_MS } from './send.ts';
import { contextOf, homePlace, isSamePlace, phoneNow, policyPlace, type ShowDeps, sendDeps } from './show.ts';

/**
 * Tells every event that is not yet told, in order, one at a time; each counts as told only when the chat has it. Events
 * go into the thread of the card; openings, endings and alarms are shown in the channel too.
 */
export async function postAll(deps: ShowDeps, row: Row): Promise<void> {
  const { id } = row.request.details;
  const newest = (await deps.store.find(id)) ?? row;
  const events = await deps.store.events(requestStream(id), newest.chats[deps.chat.name]?.postedSeq ?? newest.seq);
  if (events.length === 0) return;
  // A card of which nobody knows whether it stands holds up no line: they stand beside it then.
  const card = await cardIn(deps, newest).catch((error: unknown) => {
    if (isUnknown(error)) return undefined;
    throw error;
  });
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
    await deps.store.chat.posted(id, deps.chat.name, event.seq);
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
  const entry = entryOf(event, contextOf(deps, row.request, phone));
  const security = await policyPlace(deps, 'security');
  if (entry === undefined || security === undefined) return;
  const { details } = row.request;
  const said = [{ strong: details.terms.role.name }, ` (${details.id}): `, ...entry.said];
  const content: Content = {
    kind: 'entry',
    entry: { ...entry, said, manualCommands: await byHandFor(deps, row, event) },
  };
  await sendOnce(sendDeps(deps), {
    key: { requestId: details.id, chat: deps.chat.name, kind: 'note', seq: event.seq, person: '#security' },
    digest: details.digest,
    version: row.version,
    since: details.askedAt,
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
  const entry = entryOf(event, contextOf(deps, row.request, phone));
  if (entry === undefined) return;
  const { details } = row.request;
  const manualCommands = await byHandFor(deps, row, event);
  const inThread: Content = { kind: 'entry', entry: { ...entry, manualCommands } };
  // Outside the card's thread a line must say what it is about.
  const said = [{ strong: details.terms.role.name }, ` (${details.id}): `, ...entry.said];
  const alone: Content = { kind: 'entry', entry: { ...entry, said, manualCommands } };
  await sendOnce(sendDeps(deps), {
    key: { requestId: details.id, chat: deps.chat.name, kind: 'post', seq: event.seq, person: '' },
    digest: details.digest,
    version: row.version,
    since: details.askedAt,
    places: [
      async (): Promise<Target | undefined> => threadOf(deps, card, entry.loud),
      async () => (deps.chat.can.search ? undefined : homePlace(deps, row)),
      () => policyPlace(deps, 'default'),
      () => deps.chat.direct(details.requester),
    ],
    tag: { type: 'event', of: { id: event.id } },
    content: ({ thread }) => (thread === undefined ? alone : inThread),
  });
}

/** On-call reads what to run beside what happened, while it still has to be ended. */
const byHandFor = async (deps: ShowDeps, row: Row, { type }: StoredEvent): Promise<ManualCommands | undefined> =>
  type === 'oncall_paged' ? commandsOf(await deps.view(row)) : undefined;

const threadOf = ({ chat }: ShowDeps, card: MessageRef | undefined, broadcast: boolean): Target | undefined =>
  card?.message === undefined ? undefined : { chat: chat.name, place: card.place, thread: card.message, broadcast };

/**
 * A sender that came back late may have left a second copy of a line. Once, at the end, the thread is read and every
 * line that is not the stored one is deleted.
 */
async function tidy(deps: ShowDeps, row: Row, { at }: StoredEvent, card: MessageRef | undefined): Promise<void> {
  const thread = threadOf(deps, card, false);
  if (thread === undefined || !deps.chat.can.search) return;
  const { id, askedAt } = row.request.details;
  try {
    const refs = await deps.store.chat.refs(id, deps.chat.name);
    const kept = new Map(
      refs.filter(({ kind }) => kind === 'post').map((ref) => [`${requestStream(id)}/${ref.seq}`, ref.message]),
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
