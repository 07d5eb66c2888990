import type { Action } from '../../core/request/actions.ts';
import { overseersOf } from '../../core/request/decide-ending.ts';
import type { Refusal } from '../../core/request/refusal.ts';
import type { Row } from '../../core/request/work.ts';
import type { Changed } from '../../ports/store.ts';
import { theseCan } from '../words/dialog-words.ts';
import { whoCan } from '../words/role-words.ts';
import { OTHERS_CAN, refusalWords, UNANSWERED_READING } from '../words/words.ts';
import type { Known, PersonActor } from './caller.ts';
import type { DialogDeps } from './deps.ts';

type Deps = Pick<DialogDeps, 'broker'>;

/** A refusal in words. */
export const answer = ({ code, detail = {} }: Refusal): string => refusalWords(code, detail);

const NAMES_SHOWN = 10;

type Refused = Extract<Changed, { ok: false }>;

/** Whoever was refused, or how to know them. */
type Whose = PersonActor | (() => Promise<PersonActor>);

/**
 * A no to what never comes to the broker, kept in the request's log like the broker's own. Nobody waits for that, and it
 * changes no answer. `who` may have to be asked for.
 */
export function refusedHere(
  { broker }: Pick<DialogDeps, 'broker'>,
  who: Whose,
  what: Action,
  row: Row,
  refusal: Refusal,
): Refused & { readonly row: Row } {
  const refused = { ok: false, refusal, row } as const;
  const requestId = row.request.details.id;
  const keep = (actor: PersonActor): Promise<void> => broker.noteRefusal({ requestId, what, actor }, refused);
  if (typeof who !== 'function') void keep(who);
  // Whom the chat does not name, nothing can be kept of.
  else void who().then(keep, () => undefined);
  return refused;
}

/** The same no where the request has moved on. */
export const wrongState = (deps: Pick<DialogDeps, 'broker'>, who: Whose, what: Action, row: Row) =>
  refusedHere(deps, who, what, row, { code: 'not_in_this_state', detail: { state: row.request.state } });

/**
 * Why a click did not count, and who can do it. What is drawn older than what is true is drawn anew, beside the answer: a
 * chat that takes nothing must not hold that up.
 */
export async function whyRefused(
  deps: Deps & Pick<DialogDeps, 'announce' | 'logger'>,
  refused: Refused,
  action: Action,
): Promise<string> {
  const { refusal, row } = refused;
  if (refusal.code === 'look_again' && row !== undefined) {
    void deps.announce.redraw(row, deps.broker.view).catch((error: unknown) => {
      const { id } = row.request.details;
      deps.logger.warn({ requestId: id, why: String(error) }, 'what somebody clicked was not drawn anew everywhere');
    });
  }
  return `${answer(refusal)}${await othersWords(deps, refused, action)}`;
}

/** Who can do it instead, where that helps; empty where it does not. */
async function othersWords(deps: Deps, { refusal, row }: Refused, action: Action): Promise<string> {
  if (row === undefined) return '';
  if (action === 'approve') {
    return OTHERS_CAN.has(refusal.code) ? ` ${whoCan((await deps.broker.view(row)).open)}` : '';
  }
  if (refusal.code !== 'not_yours') return '';
  const { requester } = row.request.details;
  const may =
    action === 'withdraw' || action === 'extend'
      ? [requester]
      : [...(action === 'end' ? [requester] : []), ...overseersOf(row.request)];
  const names = new Map(
    may.filter(({ id }) => action !== 'deny' || id !== requester.id).map(({ id, name }) => [id, name]),
  );
  return theseCan([...names.values()], NAMES_SHOWN);
}

/**
 * The same for what was typed, with no card in sight: guests and strangers are not told the names. While nobody can say
 * who is one, everybody is: the names are who ends it.
 */
export async function othersFor(
  deps: Deps,
  { actor }: Pick<Known, 'actor'>,
  refused: Refused,
  action: Action,
): Promise<string> {
  const words = await othersWords(deps, refused, action);
  if (words === '') return words;
  const no = await deps.broker.whyNotRead(actor);
  return no === undefined || UNANSWERED_READING.has(no.code) ? words : '';
}
