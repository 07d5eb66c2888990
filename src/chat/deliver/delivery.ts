import { Failure } from '../../core/failure.ts';
import type { Row } from '../../core/request/work.ts';
import type { Announce } from '../../ports/announce.ts';
import type { ChatAccounts } from '../../ports/chat-accounts.ts';
import type { ViewOf } from '../../ports/request-view.ts';
import type { RequestChat } from '../words/content.ts';
import { drawAll } from './draw.ts';
import { anyOf, each, withoutTheSilent } from './each.ts';
import { postFreezeIn } from './freeze.ts';
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
    freeze: postFreezeIn(chats, shared.store),
    policy: (place, event) => anyOf(all, (deps) => postPolicy(deps, place, event)),
    alarm: (text) => each(all, (deps) => alarm(deps, text)),
  };
}

async function alarm(deps: ChatDeps, text: string): Promise<void> {
  const place = await policyPlace(deps, 'security');
  if (place === undefined) return;
  const sent = await deps.chat.send(place, { kind: 'lines', lines: [`🔴 ${text}`] });
  if (isNo(sent)) throw new Failure('CHAT_UNAVAILABLE', `telling the security channel: ${sent.why}`);
}
