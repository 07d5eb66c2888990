import type { Action } from '../../core/request/actions.ts';
import { overseersOf } from '../../core/request/decide-ending.ts';
import type { Refusal } from '../../core/request/refusal.ts';
import type { Changed } from '../../ports/store.ts';
import { oneLine } from '../words/phrase.ts';
import { whoCan } from '../words/role-words.ts';
import { OTHERS_CAN, refusalWords, UNANSWERED_READING } from '../words/words.ts';
import type { AppDeps } from './app-deps.ts';
import type { Caller } from './caller.ts';

/** A refusal in words. */
export const answer = ({ code, detail = {} }: Refusal): string => refusalWords(code, detail);

const NAMES_SHOWN = 10;

/** Who can do it instead, where that helps; empty where it does not. */
export async function othersWords(deps: Pick<AppDeps, 'broker'>, changed: Changed, action: Action): Promise<string> {
  if (changed.ok || changed.row === undefined) return '';
  const { refusal, row } = changed;
  if (action === 'approve') {
    return OTHERS_CAN.has(refusal.code) ? ` ${whoCan((await deps.broker.view(row)).open)}` : '';
  }
  if (refusal.code !== 'not_yours') return '';
  const { requester } = row.request.details;
  const may =
    action === 'withdraw' || action === 'extend'
      ? [requester]
      : [...(action === 'end' ? [requester] : []), ...overseersOf(row.request)];
  const names = [
    ...new Map(
      may.filter(({ id }) => action !== 'deny' || id !== requester.id).map(({ id, name }) => [id, name]),
    ).values(),
  ];
  const rest = names.length - NAMES_SHOWN;
  return ` These can: ${names
    .slice(0, NAMES_SHOWN)
    .map((name) => oneLine(name, 80))
    .join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

/**
 * The same for what was typed, with no card in sight: guests and strangers are not told the names. While nobody can say
 * who is one, everybody is: the names are who ends it.
 */
export async function othersFor(
  deps: Pick<AppDeps, 'broker'>,
  caller: Pick<Caller, 'actor'>,
  changed: Changed,
  action: Action,
): Promise<string> {
  const words = await othersWords(deps, changed, action);
  if (words === '') return words;
  const no = await deps.broker.whyNotRead(caller.actor);
  return no === undefined || UNANSWERED_READING.has(no.code) ? words : '';
}
