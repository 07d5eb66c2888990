import { personOf } from '../../core/policy/directory.ts';
import type { Actor, RefusableAction } from '../../core/request/command.ts';
import { isRefusalKept } from '../../core/request/decide-note.ts';
import type { Changed } from '../../ports/store.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { gatherPeople } from '../gather.ts';

/**
 * Keeps a refused click or command of a person in the request's log (`action_refused`), each person and code once. Resolves
 * when it is kept, or could not be; never rejects. Nobody who was refused waits for it: see `noted`.
 */
export async function noteRefusal(
  deps: BrokerDeps,
  { requestId, what, actor }: { readonly requestId: string; readonly what: RefusableAction; readonly actor: Actor },
  changed: Changed,
): Promise<void> {
  if (changed.ok || changed.row === undefined || actor.type !== 'person') return;
  const { key } = actor;
  const { code } = changed.refusal;
  // By the row that was read for the answer: whoever clicks on and on costs no look-up and no transaction.
  if (isRefusalKept(changed.row.request, { key, code })) return;
  try {
    const { directory } = await gatherPeople(deps);
    const found = directory.ok ? personOf(directory.value, key) : 'unknown';
    const person = typeof found === 'string' ? undefined : found.id;
    const kept = { type: 'action_refused', key, person, what, code } as const;
    await apply(deps, requestId, kept, { type: 'system', name: 'broker' });
  } catch (error) {
    deps.logger.warn({ requestId, code, why: String(error) }, 'a refusal could not be kept in the log');
  }
}

/** One person, by every key that may be theirs, likeliest first. */
export type Someone = Actor | readonly [Actor, ...Actor[]];

/**
 * Takes something away under each key that may be somebody's, until one may do it. It is refused only where no key could:
 * what another key did then is no refusal, and the log says none.
 */
export async function notedEnding(
  deps: BrokerDeps,
  { by, ...of }: { readonly requestId: string; readonly what: RefusableAction; readonly by: Someone },
  end: (actor: Actor) => Promise<Changed>,
): Promise<Changed> {
  const [first, ...others] = 'type' in by ? ([by] as const) : by;
  let actor = first;
  let changed = await end(actor);
  for (const other of others) {
    if (changed.ok || changed.refusal.code !== 'not_yours') break;
    actor = other;
    changed = await end(actor);
  }
  // Where none of them is known here, it was most likely the first.
  const noted = !changed.ok && changed.refusal.code === 'not_yours' ? first : actor;
  void noteRefusal(deps, { ...of, actor: noted }, changed);
  return changed;
}

/** The answer of a person's action, given at once; a refusal is kept beside it. */
export async function noted(
  deps: BrokerDeps,
  of: { readonly requestId: string; readonly what: RefusableAction; readonly actor: Actor },
  answer: Promise<Changed>,
): Promise<Changed> {
  const changed = await answer;
  void noteRefusal(deps, of, changed);
  return changed;
}
