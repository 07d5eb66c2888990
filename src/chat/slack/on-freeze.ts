import { setTimeout as wait } from 'node:timers/promises';
import type { App, BlockAction } from '@slack/bolt';
import type { Frozen } from '../../broker/notify/freeze.ts';
import { THAW_NEEDS } from '../../core/request/decide-freeze.ts';
import type { FreezeWish } from '../words/freeze-command.ts';
import { plural } from '../words/phrase.ts';
import { COMMAND_USED, FORM_NOT_YOURS, FORM_UNKNOWN } from '../words/words.ts';
import { answer } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, guardedFor, originOf } from './caller.ts';
import { FREEZE_ALL } from './ids.ts';
import type { Opening } from './open-form.ts';
import type { Said } from './render.ts';
import { used } from './submission.ts';

/** Endings begin at once; how many is said if it is known by then. */
const COUNT_MS = 1_500;
/** More than anybody has open: a question need not count further. */
const OPEN_MAX = 100;
const STANDS = 'Openings are frozen: nothing is opened until two security people type /breakglass thaw.';
const BY_HAND = '/breakglass freeze all ends it.';

/** The button that ends everything open too, under the answer to a freeze whose words left that in doubt. */
export function onFreeze(app: App, deps: AppDeps): void {
  app.action<BlockAction>(FREEZE_ALL, async ({ ack, body, respond }) => {
    await ack();
    const [pressed] = body.actions;
    const id = pressed?.type === 'button' ? (pressed.value ?? '') : '';
    await guardedFor(deps, originOf(body, respond), (caller) => endAll(deps, caller, id));
  });
}

/**
 * `/breakglass freeze …`, in words for whoever typed it (B11). Noted as counted only once it froze: what is delivered
 * again before that still freezes, and after that it cannot freeze anew what two people lifted.
 */
export async function freezeAnswer(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  { end, reason }: FreezeWish,
): Promise<string | Said> {
  const id = `freeze/${opening.trigger}`;
  if ((await deps.store.chat.form(id)) !== undefined) return COMMAND_USED;
  const frozen = await deps.broker.freeze(caller.actor, { all: end === 'everything', reason });
  if (!frozen.ok) {
    const { code, detail } = frozen.refusal;
    const blind = code === 'directory_unavailable' || code === 'policy_unavailable';
    if (blind) return `${BLIND[code]} Nothing was frozen. ${OPERATOR}`;
    const said = answer(frozen.refusal);
    // Frozen before by somebody: what these words left in doubt is asked all the same.
    const since = code === 'already_frozen' && detail?.all === undefined ? detail?.at : undefined;
    return end === 'ask' && since !== undefined ? question(deps, caller, opening, { id, since, before: said }) : said;
  }
  const since = frozen.next?.at.toISOString() ?? '';
  if (frozen.next?.all) {
    await counted(deps, caller, opening, { id, since });
    return `${STANDS} ${await endingWords(frozen)}`;
  }
  if (end === 'ask') return question(deps, caller, opening, { id, since, before: STANDS });
  await counted(deps, caller, opening, { id, since });
  return `${STANDS} What is open goes on; ${BY_HAND}`;
}

async function endingWords({ followed }: Extract<Frozen, { ok: true }>): Promise<string> {
  const known = await Promise.race([followed, wait(COUNT_MS, undefined)]);
  const begun = known === undefined ? '' : ` (${plural(known.ended, 'access', 'accesses')} so far)`;
  return `Everything that is open is being ended${begun}; each card says when it is gone.`;
}

/** Asks by a button whether what is open ends too. The button is of this freeze alone, and counts once. */
async function question(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  { id, since, before }: { readonly id: string; readonly since: string; readonly before: string },
): Promise<string | Said> {
  const [noted, open] = await Promise.all([counted(deps, caller, opening, { id, since }), openNow(deps)]);
  if (open === 0) return `${before} Nothing is open.`;
  if (!noted) return `${before} What is open goes on; ${BY_HAND}`;
  const { goesOn, label } = openWords(open);
  const text = `${before} ${goesOn}. Your words begin with “all”: is that to end as well?`;
  return { text, button: { action: FREEZE_ALL, label, value: id } };
}

/** How many accesses are open or being opened, up to one more than `OPEN_MAX`; undefined where nobody could say. */
async function openNow({ store, logger }: AppDeps): Promise<number | undefined> {
  try {
    return (await store.list({ states: ['granting', 'active'], limit: OPEN_MAX + 1 })).length;
  } catch (error) {
    logger.warn({ why: String(error) }, 'what is open could not be counted for the question of a freeze');
    return undefined;
  }
}

function openWords(open: number | undefined): { readonly goesOn: string; readonly label: string } {
  if (open === undefined || open > OPEN_MAX) {
    return { goesOn: 'What is open goes on', label: 'End everything that is open' };
  }
  return open === 1
    ? { goesOn: 'One access is open and goes on', label: 'End the one that is open' }
    : { goesOn: `${open} accesses are open and go on`, label: `End the ${open} that are open` };
}

/** The button's answer: asks again who presses it, and does nothing to a freeze of another time. */
async function endAll(deps: AppDeps, caller: Caller, id: string): Promise<string> {
  const form = await deps.store.chat.form(id);
  if (form?.kind !== 'freeze' || form.digest === '') return FORM_UNKNOWN;
  if (form.key !== caller.key) return FORM_NOT_YOURS;
  if (form.usedAt !== undefined) return COMMAND_USED;
  const frozen = await deps.broker.freeze(caller.actor, { all: true, reason: '', of: new Date(form.digest) });
  if (!frozen.ok) return answer(frozen.refusal);
  await used(deps, id);
  return endingWords(frozen);
}

/** The freeze stands whether or not this can be saved; without it no button can be asked for. */
async function counted(
  { store, logger }: AppDeps,
  { key }: Caller,
  { channel }: Opening,
  { id, since }: { readonly id: string; readonly since: string },
): Promise<boolean> {
  try {
    // What a form's digest is to a decision, the instant at which it began is to a freeze.
    await store.chat.openForm({ id, kind: 'freeze', key, requestId: '', digest: since, channel });
    return true;
  } catch (error) {
    logger.warn({ form: id, why: String(error) }, 'a freeze could not be noted as counted');
    return false;
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
