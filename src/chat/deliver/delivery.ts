import { Failure } from '../../core/failure.ts';
import type { ChatName } from '../../core/policy/directory.ts';
import type { Row } from '../../core/request/work.ts';
import type { Announce } from '../../ports/announce.ts';
import type { ChatAccounts } from '../../ports/chat-accounts.ts';
import type { ViewOf } from '../../ports/request-view.ts';
import type { RequestChat } from '../words/content.ts';
import { partyIn } from '../words/timeline-entry.ts';
import { drawAll } from './draw.ts';
import { anyOf, each, withoutTheSilent } from './each.ts';
import { fairShare } from './fair-share.ts';
import { postFreezeIn } from './freeze.ts';
import { inviteAll } from './invite.ts';
import { pageOne } from './page.ts';
import { postPolicy } from './policy.ts';
import { postAll } from './post.ts';
import { isNo } from './send.ts';
import { type ChatDeps, isOf, policyPlace } from './show.ts';

/** What delivery needs, for all chats together. */
export interface DeliveryDeps extends Omit<ChatDeps, 'chat'> {
  /** Those that this process has; none twice. */
  readonly chats: readonly RequestChat[];
  /** What the chat of a key says of its account. */
  readonly account: ChatAccounts['account'];
  /** How long a chat is waited for when others have reached everybody, in milliseconds. */
  readonly othersMs?: number | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: (() => number) | undefined;
}

const OTHERS_MS = 15_000;
/** Less than what the work as a whole may take: somebody reached by then is none to be phoned. */
const INVITE_MS = 25_000;

/** What the chats show of requests. */
export interface Delivery extends Announce {
  /** Draws every copy anew, whatever version it shows: for a reader who saw something old. */
  redraw(row: Row, view: ViewOf): Promise<void>;
}

/** Shows requests in every chat of this process. Knows only what is stored: no message text is ever read back. */
export function delivery({ chats, account, othersMs = OTHERS_MS, now = monotonic, ...shared }: DeliveryDeps): Delivery {
  const all = chats.map((chat): ChatDeps => ({ ...shared, chat }));
  const there = (name: ChatName): ChatDeps | undefined => all.find(({ chat }) => chat.name === name);
  const { store, logger } = shared;
  const share = fairShare(chats.map(({ name }) => name));
  /** Whoever set this process up took that chat away: a row that names it owes it nothing any more. */
  const passOver = async ({ request: { details }, version, seq }: Row, chat: ChatName): Promise<void> => {
    logger.error({ requestId: details.id, chat }, 'a request is shown in a chat that this process does not have');
    await store.chat.drawn(details.id, chat, version);
    await store.chat.posted(details.id, chat, seq);
  };
  return {
    chats: chats.map(({ name }) => name),
    draw: (row, chat, view) => {
      const deps = there(chat);
      return deps === undefined ? passOver(row, chat) : share(chat, () => drawAll({ ...deps, view }, row));
    },
    redraw: (row, view) => {
      const shown = all.filter(({ chat }) => row.chats[chat.name] !== undefined);
      return each(shown, (deps) => drawAll({ ...deps, view }, row, true));
    },
    post: (row, chat, view) => {
      const deps = there(chat);
      return deps === undefined ? passOver(row, chat) : share(chat, () => postAll({ ...deps, view }, row));
    },
    invite: async (row, view) => {
      // A card in a chat that the request is not shown in would never be drawn again.
      const { invite } = row.request.details;
      const parties = invite.flatMap((id) => partyIn(row.request, id) ?? []);
      const shown = all.filter(
        (deps) => row.chats[deps.chat.name] !== undefined && parties.some((party) => isOf(deps, party)),
      );
      const isMissed = (reached: readonly ReadonlySet<string>[], id: string): boolean =>
        !reached.some((ids) => ids.has(id));
      const reached = await withoutTheSilent(
        shown.map((deps) => inviteAll({ ...deps, view }, row)),
        (some) => !invite.some((id) => isMissed(some, id)),
        { othersMs, lastMs: INVITE_MS },
      );
      const missed = invite.filter((id) => isMissed(reached, id));
      return { reached: invite.filter((id) => !missed.includes(id)), missed };
    },
    account,
    page: (page, person, row) => anyOf(all, (deps) => pageOne(deps, page, person, row)),
    freeze: postFreezeIn(chats, store),
    policy: async ({ chat, channel }, event) => {
      const deps = there(chat);
      return deps !== undefined && postPolicy(deps, channel, event);
    },
    alarm: alarmsIn(all, shared, now),
  };
}

const monotonic = (): number => performance.now();

/** So many alarms are remembered while a chat does not take them. */
const ALARMS_MAX = 1000;
/** The same words after an hour tell of something new, or are worth saying once more. */
const ALARM_MS = 3_600_000;

/**
 * A line for the security channel of each chat. While one has not taken it, it is said again only there, as long as this
 * process lives: what it did not reach in one chat is no reason to say it twice in another. A chat that never takes it
 * there is left out once another has it. What one took is remembered for an hour: an outage that comes again later is heard again.
 */
function alarmsIn(
  all: readonly ChatDeps[],
  { logger }: Pick<ChatDeps, 'logger'>,
  now: () => number,
): Announce['alarm'] {
  const taken = new Map<string, { readonly since: number; readonly by: Set<ChatName> }>();
  return async (text) => {
    const known = taken.get(text);
    const isRecent = known !== undefined && now() - known.since < ALARM_MS;
    const said = isRecent ? known : { since: now(), by: new Set<ChatName>() };
    const { by } = said;
    taken.set(text, said);
    for (const [oldest] of taken) if (taken.size > ALARMS_MAX) taken.delete(oldest);
    const owed = all.filter(({ chat }) => !by.has(chat.name));
    const missed: Missed[] = [];
    await each(owed, async (deps) => {
      const one = await alarm(deps, text);
      if (one === undefined) by.add(deps.chat.name);
      else missed.push(one);
    });
    const [first] = missed;
    if (first !== undefined && by.size === 0) throw first.failure;
    for (const { failure } of missed) {
      logger.error({ why: failure.message }, 'a chat did not take an alarm that another one has');
    }
    if (missed.some(({ forGood }) => !forGood)) return false;
    // Another time it is another alarm.
    taken.delete(text);
    return true;
  };
}

/** Why one chat has not taken an alarm, and whether it never will. */
interface Missed {
  readonly failure: Failure;
  readonly forGood: boolean;
}

async function alarm(deps: ChatDeps, text: string): Promise<Missed | undefined> {
  const place = await policyPlace(deps, 'security');
  if (place === undefined) return undefined;
  try {
    const sent = await deps.chat.send(place, { kind: 'lines', lines: [`🔴 ${text}`] });
    if (!isNo(sent)) return undefined;
    const failure = new Failure('CHAT_UNAVAILABLE', `telling the security channel: ${sent.why}`);
    return { failure, forGood: true };
  } catch (error) {
    if (error instanceof Failure) return { failure: error, forGood: false };
    throw error;
  }
}
