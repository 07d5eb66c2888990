import { setTimeout as wait } from 'node:timers/promises';
import { THAW_NEEDS } from '../../core/decide-freeze.ts';
import { plural } from '../phrase.ts';
import { COMMAND_USED } from '../words.ts';
import { answer } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import type { Caller } from './caller.ts';
import type { Opening } from './open-form.ts';

/** Endings begin at once; how many is said if it is known by then. */
const COUNT_MS = 1_500;

/**
 * `/breakglass freeze [all] [reason…]`, in words for whoever typed it (B11). Noted as counted only once it froze: what is
 * delivered again before that still freezes, and after that it cannot freeze anew what two people lifted.
 */
export async function freezeAnswer(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  typed: readonly string[],
): Promise<string> {
  const { actor } = caller;
  const id = `freeze/${opening.trigger}`;
  if ((await deps.store.chat.form(id)) !== undefined) return COMMAND_USED;
  const all = typed[0]?.toLowerCase() === 'all';
  const reason = typed.slice(all ? 1 : 0).join(' ');
  const frozen = await deps.broker.freeze(actor, { all, reason });
  if (!frozen.ok) {
    const { code, detail } = frozen.refusal;
    const blind = code === 'directory_unavailable' || code === 'policy_unavailable';
    return blind ? `${BLIND[code]} Nothing was frozen. ${OPERATOR}` : answer({ code, ...(detail ? { detail } : {}) });
  }
  await counted(deps, caller, opening, id);
  const stands = 'Openings are frozen: nothing is opened until two security people type /breakglass thaw.';
  if (!frozen.next?.all) return `${stands} What is open goes on; /breakglass freeze all ends it.`;
  const known = await Promise.race([frozen.followed, wait(COUNT_MS, undefined)]);
  const begun = known === undefined ? '' : ` (${plural(known.ended, 'access', 'accesses')} so far)`;
  return `${stands} Everything that is open is being ended${begun}; each card says when it is gone.`;
}

/** The freeze stands whether or not this can be saved. */
async function counted({ store, logger }: AppDeps, { key }: Caller, { channel }: Opening, id: string): Promise<void> {
  try {
    await store.chat.openForm({ id, kind: 'freeze', key, requestId: '', digest: '', channel });
  } catch (error) {
    logger.warn({ form: id, why: String(error) }, 'a freeze could not be noted as counted');
  }
}

const BLIND = {
  directory_unavailable: 'The directory does not answer, so I cannot tell whether you are of the security group.',
  policy_unavailable: 'No policy could be read, so I cannot tell who is of the security group.',
} as const;
const OPERATOR = 'Nothing opens meanwhile either. An operator can freeze with: breakglass freeze --all --reason TEXT.';

/**
 * `/breakglass thaw`: the first person is told that another must say so too. Each time it is typed counts once, whatever
 * is delivered again: an old word must not lift a later freeze.
 */
export async function thawAnswer(deps: AppDeps, { actor, key }: Caller, opening: Opening): Promise<string> {
  const { chat } = deps.store;
  const id = `thaw/${opening.trigger}`;
  if ((await chat.form(id)) !== undefined) return COMMAND_USED;
  await chat.openForm({ id, kind: 'thaw', key, requestId: '', digest: '', channel: opening.channel });
  const thawed = await deps.broker.thaw(actor);
  if (!thawed.ok) return answer(thawed.refusal);
  if (thawed.next === undefined) return 'Openings are not frozen any more. Approvals count again.';
  const missing = THAW_NEEDS - thawed.next.lifts.length;
  return `Recorded. Openings stay frozen until ${missing === 1 ? 'another security person types' : `${missing} others type`} /breakglass thaw too.`;
}
