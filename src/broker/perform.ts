import type { Remover } from '../core/request/command.ts';
import { unreachable } from '../core/request/decision.ts';
import type { Work } from '../core/request/work.ts';
import type { ViewOf } from '../ports/request-view.ts';
import { apply } from './apply.ts';
import type { BrokerDeps } from './deps.ts';
import { deleteTombstone, expire, revoke, verifySessions } from './grant/end.ts';
import { extendGrant } from './grant/extend.ts';
import { observeEnding } from './grant/observe-ending.ts';
import { openGrant, WORKER } from './grant/open.ts';
import { page, standDown } from './notify/page.ts';
import { remind } from './notify/remind.ts';
import { view } from './view.ts';

/**
 * Does one piece of derived work. The row is the truth: work that is late, early or done already finds the row moved
 * and returns. Rejects when it should be tried again. `by`: who asks, for the log.
 */
export async function perform(
  deps: BrokerDeps,
  work: Work,
  signal: AbortSignal,
  by: Remover = 'worker',
): Promise<void> {
  const { name, requestId, grantId = '' } = work;
  switch (name) {
    case 'grant':
      return openGrant(deps, requestId, grantId, signal);
    case 'expire':
      return expire(deps, requestId, work.dueAt, signal, by);
    case 'revoke':
      return revoke(deps, requestId, grantId, signal, by);
    case 'observe':
      return observeEnding(deps, requestId, grantId, signal);
    case 'verify_sessions':
      return verifySessions(deps, requestId, grantId, signal);
    case 'delete_tombstone':
      return deleteTombstone(deps, requestId, grantId, signal);
    case 'lapse':
      await apply(deps, requestId, { type: 'lapse' }, WORKER);
      return;
    case 'warn':
      await apply(deps, requestId, { type: 'warn' }, WORKER);
      return;
    case 'lapse_extension':
      await apply(deps, requestId, { type: 'lapse_extension' }, WORKER);
      return;
    case 'remind':
      return remind(deps, requestId);
    case 'extend':
      return extendGrant(deps, requestId, signal);
    case 'page':
      return page(deps, requestId, signal);
    case 'stand_down':
      return standDown(deps, requestId, signal);
    case 'invite':
      return invite(deps, requestId);
    case 'draw':
    case 'post':
      return show(deps, work, name);
    default:
      return unreachable(name);
  }
}

const viewOf =
  (deps: BrokerDeps): ViewOf =>
  (row) =>
    view(deps, row);

async function invite(deps: BrokerDeps, requestId: string): Promise<void> {
  const row = await deps.store.find(requestId);
  if (row === undefined || row.request.invited !== undefined || row.request.state !== 'pending') return;
  const { reached, missed } = await deps.announce.invite(row, viewOf(deps));
  await apply(deps, requestId, { type: 'invited', reached, missed }, WORKER);
}

async function show(deps: BrokerDeps, { requestId, chat = '' }: Work, what: 'draw' | 'post'): Promise<void> {
  const row = await deps.store.find(requestId);
  const shown = row?.chats[chat];
  if (row === undefined || shown === undefined) return;
  if (what === 'draw' && shown.drawnVersion < row.version) await deps.announce.draw(row, chat, viewOf(deps));
  if (what === 'post' && shown.postedSeq < row.seq) await deps.announce.post(row, chat, viewOf(deps));
}

/** Work that takes access away. The sweep runs these itself when the queue does not. */
export const ENDINGS: ReadonlySet<Work['name']> = new Set([
  'expire',
  'revoke',
  'observe',
  'verify_sessions',
  'lapse',
  'lapse_extension',
]);

/** Work that calls people: about an ending that fails, or about what waits for them. The sweep runs these too. */
export const CALLS: ReadonlySet<Work['name']> = new Set(['page', 'stand_down', 'remind', 'warn']);

/** Work of those that only records whom to tell: nobody hears of it before the chat tells its event. */
export const NOTIFIED_BY_EVENT: ReadonlySet<Work['name']> = new Set(['remind', 'warn']);
