import { Failure } from '../../core/failure.ts';
import { actionsIn } from '../../core/request/actions.ts';
import { digestShown } from '../../core/request/extension.ts';
import type { Row } from '../../core/request/work.ts';
import type { Place } from '../../ports/chat.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import { cardOf } from '../words/card.ts';
import type { Content } from '../words/content.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { notifyFallback } from './notes.ts';
import { isPassedOver, isUnknown, sendOnce } from './send.ts';
import { homePlace, isOf, isSamePlace, policyPlace, type ShowDeps, sendDeps } from './show.ts';

/**
 * Brings every copy of the card to the newest version of the row, posting the channel's card if there is none yet.
 * The row is read again afterwards: whoever drew something older meanwhile draws once more, so the newest is last.
 */
export async function drawAll(deps: ShowDeps, row: Row, force = false): Promise<void> {
  let drawn = await newest(deps, row);
  for (let round = 0; round < ROUNDS; round++) {
    const lost = await cardOrLost(deps, drawn);
    await updateStale(deps, drawn, force && round === 0);
    // After the others, which need not wait for what became of these.
    const failure = (await copiesOf(deps, drawn)) ?? lost;
    await updateStale(deps, drawn);
    if (failure !== undefined) throw failure;
    const latest = await newest(deps, drawn);
    if (latest.version === drawn.version) break;
    drawn = latest;
  }
  await deps.store.chat.drawn(drawn.request.details.id, deps.chat.name, drawn.version);
}

/** Why nobody knows whether the channel's card stands, where that is so. Rejects when it should be tried again. */
const cardOrLost = (deps: ShowDeps, row: Row): Promise<unknown> =>
  cardIn(deps, row).then(
    () => undefined,
    (error: unknown) => {
      if (isUnknown(error)) return error;
      throw error;
    },
  );

/** A row that changes faster than it can be drawn is left to the next job. */
const ROUNDS = 5;

/** Brings every copy that shows less than this version up to it; `all`: the others too. */
async function updateStale(deps: ShowDeps, row: Row, all = false): Promise<void> {
  const cards = (await deps.store.chat.refs(row.request.details.id, deps.chat.name)).filter(isCard);
  const stale = cards.filter((ref) => all || ref.drawnVersion < row.version);
  if (stale.length > 0) await updateAll(deps, stale, await cardFor(deps, row), row);
}

const newest = async ({ store }: ShowDeps, row: Row): Promise<Row> => (await store.find(row.request.details.id)) ?? row;

type Copy = MessageRef & { readonly message: string };

const isCard = (ref: MessageRef): ref is Copy =>
  (ref.kind === 'card' || ref.kind === 'copy') && ref.state === 'sent' && ref.message !== undefined;

/** The card of the row as it is now. */
export async function cardFor({ view }: Pick<ShowDeps, 'view'>, row: Row): Promise<Content> {
  return { kind: 'card', card: cardOf(await view(row)) };
}

/**
 * The channel's card, sent if it was not yet: in the incident's channel, else in the default one, else in the one for
 * security, where others see it too; to the requester alone only where none of them takes it.
 * Undefined when nowhere takes it.
 */
export async function cardIn(deps: ShowDeps, row: Row): Promise<MessageRef | undefined> {
  const { details } = row.request;
  const ref = await sendOnce(sendDeps(deps), {
    key: { requestId: details.id, chat: deps.chat.name, kind: 'card', seq: 0, person: '' },
    digest: digestShown(row.request),
    version: row.version,
    since: details.askedAt,
    places: cardPlaces(deps, row),
    tag: { type: 'card', of: { request: details.id, kind: 'card' } },
    content: () => cardFor(deps, row),
  });
  if (ref !== undefined && ref.place !== homePlace(deps, row)?.place) await notifyFallback(deps, row, ref.place);
  return ref;
}

/** Where the channel's card may stand, best first; each may need a call to be known. */
function cardPlaces(deps: ShowDeps, row: Row): readonly (() => Promise<Place | undefined>)[] {
  const home = homePlace(deps, row);
  const elsewhere = async (which: 'default' | 'security'): Promise<Place | undefined> => {
    const place = await policyPlace(deps, which);
    return isSamePlace(place, home) ? undefined : place;
  };
  return [
    async () => home,
    () => elsewhere('default'),
    () => elsewhere('security'),
    () => deps.chat.direct(row.request.details.requester),
  ];
}

/**
 * Copies whose sending came to an unknown end: each is looked for by its tag and drawn like every other; one that stands
 * nowhere is sent while the request waits for somebody. Tries all, and gives the first failure.
 */
async function copiesOf(deps: ShowDeps, row: Row): Promise<unknown> {
  const refs = await deps.store.chat.refs(row.request.details.id, deps.chat.name);
  const unknown = refs.filter(
    ({ kind, state, message }) => kind === 'copy' && state === 'sending' && message === undefined,
  );
  const tried = await Promise.allSettled(unknown.map(({ person }) => copyFor(deps, row, person)));
  return tried.find((one) => one.status === 'rejected')?.reason;
}

/** Somebody's own copy of the card, kept up to date like every other. Undefined when the chat has no way to them. */
export async function copyFor(
  deps: ShowDeps,
  row: Row,
  person: string,
  card?: Content,
): Promise<MessageRef | undefined> {
  const { request } = row;
  const { details } = request;
  const party = partyIn(request, person);
  if (party === undefined || !isOf(deps, party)) return undefined;
  return sendOnce(sendDeps(deps), {
    key: { requestId: details.id, chat: deps.chat.name, kind: 'copy', seq: 0, person },
    digest: digestShown(request),
    version: row.version,
    since: details.askedAt,
    places: [() => deps.chat.direct(party)],
    tag: { type: 'card', of: { request: details.id, kind: 'copy', person } },
    content: () => card ?? cardFor(deps, row),
    ...(actionsIn(request).includes('approve') ? {} : { onlyFind: 'nobody is asked any more' }),
  });
}

/** Tries every copy before it rejects with the first failure: one that is not taken now keeps no other one stale. */
async function updateAll(deps: ShowDeps, refs: readonly Copy[], card: Content, row: Row): Promise<void> {
  const failures: unknown[] = [];
  for (const ref of refs) {
    await update(deps, ref, card, row).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

async function update(deps: ShowDeps, ref: Copy, card: Content, { request, version }: Row): Promise<void> {
  const { chat, place, message } = ref;
  try {
    const no = await deps.chat.edit({ chat, place, message }, card);
    if (no === undefined) {
      await deps.store.chat.sent(ref, { place, message, drawnVersion: version, digest: digestShown(request) });
      return;
    }
    if (no.no === 'miswritten') throw new Failure('CHAT_UNAVAILABLE', `drawing a card: ${no.why}`);
    deps.logger.warn(
      { requestId: ref.requestId, chat, place, why: no.why },
      'a card cannot be kept up to date any more',
    );
    await deps.store.chat.gone(ref, no.why);
  } catch (error) {
    if (!(await isPassedOver(sendDeps(deps), ref, error))) throw error;
  }
}
