import { setTimeout as wait } from 'node:timers/promises';
import type { Frozen } from '../../broker/notify/freeze.ts';
import { THAW_NEEDS } from '../../core/request/decide-freeze.ts';
import {
  endAllQuestion,
  endingAll,
  FREEZE_BLIND,
  FROZEN,
  NOTHING_OPEN,
  OPEN_GOES_ON,
  OPERATOR_CAN_FREEZE,
  THAWED,
  thawRecorded,
} from '../words/dialog-words.ts';
import { COMMAND_USED, FORM_NOT_YOURS, FORM_UNKNOWN } from '../words/words.ts';
import { type Caller, type Known, known } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import type { FreezeWish } from './freeze-command.ts';
import { answer } from './refused.ts';
import { type Reply, say } from './reply.ts';
import { used } from './stored-form.ts';

/** Endings begin at once; how many is said if it is known by then. */
const COUNT_MS = 1_500;
/** More than anybody has open: a question need not count further. */
const OPEN_MAX = 100;

/** One command to freeze, as it counts: who typed it where, under which id it is noted. */
interface Command {
  readonly caller: Caller;
  readonly who: Known;
  readonly id: string;
}

/**
 * `/breakglass freeze …`, in words for whoever typed it (B11). Noted as counted only once it froze: what is delivered
 * again before that still freezes, and after that it cannot freeze anew what two people lifted.
 */
export async function freeze(
  deps: DialogDeps,
  caller: Caller,
  who: Known,
  { end, reason }: FreezeWish,
  delivery: string,
): Promise<Reply> {
  const command = { caller, who, id: `freeze/${caller.chat}/${delivery}` };
  if ((await deps.store.chat.form(command.id)) !== undefined) return say(COMMAND_USED);
  const frozen = await deps.broker.freeze(who.actor, { all: end === 'everything', reason });
  if (!frozen.ok) {
    const { code, detail } = frozen.refusal;
    const blind = code === 'directory_unavailable' || code === 'policy_unavailable';
    if (blind) return say(`${FREEZE_BLIND[code]}${OPERATOR_CAN_FREEZE}`);
    const said = answer(frozen.refusal);
    // Frozen before by somebody: what these words left in doubt is asked all the same.
    const since = code === 'already_frozen' && detail?.all === undefined ? detail?.at : undefined;
    return end === 'ask' && since !== undefined ? question(deps, command, since, said) : say(said);
  }
  const since = frozen.next?.at.toISOString() ?? '';
  if (!frozen.next?.all && end === 'ask') return question(deps, command, since, FROZEN);
  await counted(deps, command, since);
  return say(`${FROZEN} ${frozen.next?.all ? await endingWords(frozen) : OPEN_GOES_ON}`);
}

async function endingWords({ followed }: Extract<Frozen, { ok: true }>): Promise<string> {
  const followedBy = await Promise.race([followed, wait(COUNT_MS, undefined)]);
  return endingAll(followedBy?.ended);
}

/** Asks by a button whether what is open ends too. The button is of this freeze alone, and counts once. */
async function question(deps: DialogDeps, command: Command, since: string, before: string): Promise<Reply> {
  const [noted, open] = await Promise.all([counted(deps, command, since), openNow(deps)]);
  if (open === 0) return say(`${before} ${NOTHING_OPEN}`);
  if (!noted) return say(`${before} ${OPEN_GOES_ON}`);
  const { question: asked, label } = endAllQuestion(open === undefined || open > OPEN_MAX ? undefined : open);
  return { say: `${before} ${asked}`, button: { action: 'freeze_all', label, value: command.id } };
}

/** How many accesses are open or being opened, up to one more than `OPEN_MAX`; undefined where nobody could say. */
async function openNow({ store, logger }: DialogDeps): Promise<number | undefined> {
  try {
    return (await store.list({ states: ['granting', 'active'], limit: OPEN_MAX + 1 })).length;
  } catch (error) {
    logger.warn({ why: String(error) }, 'what is open could not be counted for the question of a freeze');
    return undefined;
  }
}

/** The button's answer: asks again who presses it, and does nothing to a freeze of another time. */
export async function freezeAll(deps: DialogDeps, caller: Caller, id: string): Promise<Reply> {
  const { key, actor } = await known(caller);
  const form = await deps.store.chat.form(id);
  if (form?.kind !== 'freeze' || form.digest === '') return say(FORM_UNKNOWN);
  if (form.key !== key) return say(FORM_NOT_YOURS);
  if (form.usedAt !== undefined) return say(COMMAND_USED);
  const frozen = await deps.broker.freeze(actor, { all: true, reason: '', of: new Date(form.digest) });
  if (!frozen.ok) return say(answer(frozen.refusal));
  await used(deps, id);
  return say(await endingWords(frozen));
}

/** The freeze stands whether or not this can be saved; without it no button can be asked for. */
async function counted({ store, logger }: DialogDeps, { caller, who, id }: Command, since: string): Promise<boolean> {
  try {
    // What a form's digest is to a decision, the instant at which it began is to a freeze.
    await store.chat.openForm({
      id,
      kind: 'freeze',
      key: who.key,
      requestId: '',
      digest: since,
      channel: caller.place?.place ?? '',
    });
    return true;
  } catch (error) {
    logger.warn({ form: id, why: String(error) }, 'a freeze could not be noted as counted');
    return false;
  }
}

/**
 * `/breakglass thaw`: the first person is told that another must say so too. Each time it is typed counts once, whatever
 * is delivered again: an old word must not lift a later freeze.
 */
export async function thaw(
  { store, broker }: DialogDeps,
  { chat, place }: Caller,
  { key, actor }: Known,
  delivery: string,
): Promise<Reply> {
  const id = `thaw/${chat}/${delivery}`;
  if ((await store.chat.form(id)) !== undefined) return say(COMMAND_USED);
  await store.chat.openForm({ id, kind: 'thaw', key, requestId: '', digest: '', channel: place?.place ?? '' });
  const thawed = await broker.thaw(actor);
  if (!thawed.ok) return say(answer(thawed.refusal));
  return say(thawed.next === undefined ? THAWED : thawRecorded(THAW_NEEDS - thawed.next.lifts.length));
}
