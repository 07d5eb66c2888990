import { TookTooLong, within } from '../../bounded.ts';
import { Failure } from '../../core/failure.ts';
import type { Row } from '../../core/request/work.ts';
import type { Announce } from '../../ports/announce.ts';
import type { ChatAccounts } from '../../ports/chat-accounts.ts';
import type { ViewOf } from '../../ports/request-view.ts';
import type { RequestChat } from '../words/content.ts';
import { freezeNews } from '../words/freeze-words.ts';
import { drawAll } from './draw.ts';
import { postFreeze } from './freeze.ts';
import { inviteAll } from './invite.ts';
import { pageOne } from './page.ts';
import { postPolicy } from './policy.ts';
import { postAll } from './post.ts';
import { isNo } from './send.ts';
import { type ChatDeps, policyPlace } from './show.ts';

/** What delivery needs, for all chats together. */
export interface DeliveryDeps extends Omit<ChatDeps, 'chat'> {
  /** Those that this process has; none twice. */
  readonly chats: readonly RequestChat[];
  /** What the chat of a key says of its account. */
  readonly account: ChatAccounts['account'];
}

/** What the chats show of requests. */
export interface Delivery extends Announce {
  /** Draws every copy anew, whatever version it shows: for a reader who saw something old. */
  redraw(row: Row, view: ViewOf): Promise<void>;
}

/** Shows requests in every chat of this process. Knows only what is stored: no message text is ever read back. */
export function delivery({ chats, account, ...shared }: DeliveryDeps): Delivery {
  const all = chats.map((chat): ChatDeps => ({ ...shared, chat }));
  return {
    draw: (row, view) => each(all, (deps) => drawAll({ ...deps, view }, row)),
    redraw: (row, view) => each(all, (deps) => drawAll({ ...deps, view }, row, true)),
    post: (row, view) => each(all, (deps) => postAll({ ...deps, view }, row)),
    invite: async (row, view) => {
      const reached = await withoutTheSilent(all.map((deps) => inviteAll({ ...deps, view }, row)));
      const isReached = (id: string): boolean => reached.some((ids) => ids.has(id));
      const { invite } = row.request.details;
      return { reached: invite.filter(isReached), missed: invite.filter((id) => !isReached(id)) };
    },
    account,
    page: (page, person, row) => anyOf(all, (deps) => pageOne(deps, page, person, row)),
    freeze: async (place, event, current) => {
      const text = freezeNews(event, current);
      return anyOf(all, (deps) => postFreeze(deps, place, { text, at: event.at }));
    },
    policy: (place, event) => anyOf(all, (deps) => postPolicy(deps, place, event)),
    alarm: (text) => each(all, (deps) => alarm(deps, text)),
  };
}

/** Does it in every chat at once, each by itself; rejects with the first failure when all have come to an end. */
async function each(all: readonly ChatDeps[], work: (deps: ChatDeps) => Promise<void>): Promise<void> {
  const tried = await Promise.allSettled(all.map(work));
  for (const one of tried) if (one.status === 'rejected') throw one.reason;
}

/**
 * Did it work in any chat? True as soon as one says so, however long the others take. Rejects only where none says so and
 * one could not say.
 */
async function anyOf(all: readonly ChatDeps[], work: (deps: ChatDeps) => Promise<boolean>): Promise<boolean> {
  const tried = all.map(work);
  const first = tried.map(async (one) => {
    if (!(await one)) throw new Error('not here');
  });
  const some = await Promise.any(first).then(
    () => true,
    () => false,
  );
  return some || (await Promise.all(tried)).includes(true);
}

/** Once one chat has come to its end, the others have so long (milliseconds): less than what the work as a whole may take. */
const OTHERS_MS = 15_000;

/** What came of it in each chat that came to an end. A single one is waited for, however long it takes. */
async function withoutTheSilent<T>(all: readonly Promise<T>[]): Promise<readonly T[]> {
  const done: T[] = [];
  const noted = all.map(async (one) => {
    done.push(await one);
  });
  const every = Promise.all(noted);
  await Promise.race([every, Promise.any(noted)]);
  await within(OTHERS_MS, 'a chat', every).catch((error: unknown) => {
    if (!(error instanceof TookTooLong)) throw error;
  });
  return [...done];
}

async function alarm(deps: ChatDeps, text: string): Promise<void> {
  const place = await policyPlace(deps, 'security');
  if (place === undefined) return;
  const sent = await deps.chat.send(place, { kind: 'lines', lines: [`🔴 ${text}`] });
  if (isNo(sent)) throw new Failure('CHAT_UNAVAILABLE', `telling the security channel: ${sent.why}`);
}
