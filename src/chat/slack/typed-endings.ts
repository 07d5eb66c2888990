import type { Action } from '../../core/request/actions.ts';
import { digestShown } from '../../core/request/extension.ts';
import type { Changed } from '../../ports/store.ts';
import { oneLine } from '../words/phrase.ts';
import { refusalWords } from '../words/words.ts';
import { answer, othersFor } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { endedBy, keysToEnd, type Origin } from './caller.ts';
import { DENY_REASON_MAX } from './decision-modals.ts';

/** `/breakglass end ID`: asks Slack nothing about whoever types it; the row says who may. */
export async function endTyped(deps: AppDeps, origin: Origin, id: string | undefined): Promise<string> {
  if (id === undefined) return 'End which? Type /breakglass end and the id; /breakglass list shows the ids.';
  const changed = await endedBy(deps, origin, (actor) => deps.broker.end(id.toLowerCase(), actor));
  return (
    (await refusedWords(deps, origin, changed, 'end')) ??
    'I am taking the access away now. The card says when it is gone.'
  );
}

/**
 * `/breakglass deny ID REASON`: the way to say no while Slack opens no form. It denies what waits now: a no to other terms
 * than were seen closes a request that can be asked again, and opens nothing.
 */
export async function denyTyped(
  deps: AppDeps,
  origin: Origin,
  id: string | undefined,
  typedReason: string,
): Promise<string> {
  const reason = oneLine(typedReason, DENY_REASON_MAX);
  if (id === undefined || reason === '')
    return 'Deny which, and why? Type /breakglass deny, the id and a reason; the requester reads it.';
  const row = await deps.store.find(id.toLowerCase());
  if (row === undefined) return refusalWords('unknown_request');
  const { details } = row.request;
  const changed = await endedBy(deps, origin, (actor) =>
    deps.broker.deny(details.id, actor, reason, digestShown(row.request)),
  );
  return (await refusedWords(deps, origin, changed, 'deny')) ?? 'Your denial is recorded.';
}

async function refusedWords(deps: AppDeps, origin: Origin, changed: Changed, action: Action) {
  if (changed.ok) return undefined;
  const [key] = await keysToEnd(deps, origin);
  return `${answer(changed.refusal)}${await othersFor(deps, { actor: { type: 'person', key } }, changed, action)}`;
}
