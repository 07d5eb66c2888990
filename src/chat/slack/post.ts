import { requestStream, type StoredEvent } from '../../core/events.ts';
import type { Row } from '../../core/work.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { type ByHand, byHandOf } from '../card.ts';
import { tell } from '../timeline.ts';
import { tellCalled } from './call.ts';
import { directPlace } from './direct.ts';
import { cardIn } from './draw.ts';
import { carrying, type Place } from './find.ts';
import { METADATA } from './ids.ts';
import { tellPrivately } from './notes.ts';
import { postMessage } from './render.ts';
import { remove, sendOnce, UNCLEAR_MAX_MS } from './send.ts';
import { defaultChannel, homes, type ShowDeps, sendDeps } from './show.ts';
import { tellAlsoAsked, tellApprovers } from './tell-approvers.ts';
import { tellSelfApproved } from './tell-self-approved.ts';
import { chatFailure, isUnclear, refusalOf } from './web.ts';

/**
 * Tells every event that is not yet told, in order, one at a time; each counts as told only when Slack has it. Events
 * go into the thread of the card; openings, endings and alarms are shown in the channel too.
 */
export async function postAll(deps: ShowDeps, row: Row): Promise<void> {
  const { id } = row.request.ask;
  const newest = (await deps.store.find(id)) ?? row;
  const events = await deps.store.events(requestStream(id), newest.postedSeq);
  if (events.length === 0) return;
  const card = await cardIn(deps, newest);
  const phone = (await deps.store.policyInForce())?.policy.phone ?? 'the security team';
  for (const event of events) {
    await postOne(deps, newest, event, card, phone);
    await tellPrivately(deps, newest, event, phone);
    await tellCalled(deps, newest, event, phone);
    if (event.type === 'extension_asked') await tellApprovers(deps, newest, event, phone);
    if (event.type === 'approval_recorded') await tellAlsoAsked(deps, newest, event, phone);
    await tellSelfApproved(deps, newest, event, card);
    if (SECURITY.has(event.type)) await tellSecurity(deps, newest, event, phone);
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

async function tellSecurity(deps: ShowDeps, row: Row, event: StoredEvent, phone: string): Promise<void> {
  const told = tell(event, { request: row.request, phone });
  const channel = (await deps.store.policyInForce())?.policy.channels.security;
  if (told === undefined || channel === undefined) return;
  const { ask } = row.request;
  const said = [{ strong: ask.terms.role.name }, ` (${ask.id}): `, ...told.said];
  const message = postMessage({ ...told, said }, await homes(deps), await handOf(deps, row, event));
  await sendOnce(sendDeps(deps), {
    key: { requestId: ask.id, kind: 'note', seq: event.seq, person: '#security' },
    digest: ask.digest,
    version: row.version,
    since: ask.askedAt,
    places: [
      async () => ({ channel }),
      async () => {
        const other = await defaultChannel(deps);
        return other === undefined || other === channel ? undefined : { channel: other };
      },
    ],
    mark: { type: METADATA.note, payload: { id: event.id, person: '#security' } },
    message: () => message,
  });
}

async function postOne(deps: ShowDeps, row: Row, event: StoredEvent, card: MessageRef | undefined, phone: string) {
  const told = tell(event, { request: row.request, phone });
  if (told === undefined) return;
  const { ask } = row.request;
  const known = await homes(deps);
  const hand = await handOf(deps, row, event);
  const inThread = postMessage(told, known, hand);
  // Outside the card's thread a line must say what it is about.
  const alone = postMessage(
    { ...told, said: [{ strong: ask.terms.role.name }, ` (${ask.id}): `, ...told.said] },
    known,
    hand,
  );
  await sendOnce(sendDeps(deps), {
    key: { requestId: ask.id, kind: 'post', seq: event.seq, person: '' },
    digest: ask.digest,
    version: row.version,
    since: ask.askedAt,
    places: [
      async (): Promise<Place | undefined> => threadOf(card, told.loud),
      async () => {
        const channel = await defaultChannel(deps);
        return channel === undefined ? undefined : { channel };
      },
      () => directPlace(deps, ask.requester),
    ],
    mark: markOf(event.id),
    message: ({ threadTs }) => (threadTs === undefined ? alone : inThread),
  });
}

/** On-call reads what to run beside what happened, while it still has to be ended. */
const handOf = async (deps: ShowDeps, row: Row, { type }: StoredEvent): Promise<ByHand | undefined> =>
  type === 'oncall_paged' ? byHandOf(await deps.view(row)) : undefined;

const markOf = (id: string) => ({ type: METADATA.event, payload: { id } });

const threadOf = (card: MessageRef | undefined, broadcast: boolean): Place | undefined =>
  card?.ts === undefined ? undefined : { channel: card.channel, threadTs: card.ts, broadcast };

/**
 * A sender that came back late may have left a second copy of a line. Once, at the end, the thread is read and every
 * line that is not the stored one is deleted.
 */
async function tidy(deps: ShowDeps, row: Row, { at }: StoredEvent, card: MessageRef | undefined): Promise<void> {
  const thread = threadOf(card, false);
  if (thread === undefined) return;
  const { id, askedAt } = row.request.ask;
  try {
    const refs = await deps.store.chat.refs(id);
    const kept = new Map(
      refs.filter(({ kind }) => kind === 'post').map((ref) => [`${requestStream(id)}/${ref.seq}`, ref.ts]),
    );
    for (const one of await carrying(deps.workspace, thread, askedAt)) {
      const ts = one.mark.type === METADATA.event ? kept.get(one.mark.payload.id ?? '') : undefined;
      if (ts !== undefined && ts !== one.ts) await remove(sendDeps(deps), one);
    }
  } catch (error) {
    const late = isUnclear(error) && (await deps.store.clock.now()).getTime() - at.getTime() >= UNCLEAR_MAX_MS;
    if (refusalOf(error) === undefined && !late) throw chatFailure('reading the thread for doubles', error);
    deps.logger.warn({ requestId: id, why: String(error) }, 'the thread could not be read for doubles');
  }
}
