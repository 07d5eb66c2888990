import { typedWords } from '../../core/typed.ts';
import type { FormKind } from './form-view.ts';
import { freezeWish } from './freeze-command.ts';
import type { Press } from './press.ts';

/** What somebody did: the text of a command, a button, or the kind of a form that was sent. */
export type Deed = { readonly typed: string } | { readonly pressed: Press['action'] } | { readonly sent: FormKind };

const ENDING_COMMANDS: ReadonlySet<string> = new Set(['end', 'deny']);
const ENDING_BUTTONS: ReadonlySet<Press['action']> = new Set(['end', 'withdraw', 'deny']);

const firstWord = (typed: string): string => typedWords(typed)[0]?.id.toLowerCase() ?? '';

/** Does this take access away, or close a request? Such a deed is heard whatever else is unknown. */
export function isEnding(deed: Deed): boolean {
  if ('typed' in deed) return ENDING_COMMANDS.has(firstWord(deed.typed));
  return 'pressed' in deed ? ENDING_BUTTONS.has(deed.pressed) : deed.sent === 'deny';
}

/**
 * May this be done by what the platform said of us at an earlier start? Besides what ends: freezing and its button, which
 * ask the directory alone, and the list that names what can be ended.
 */
export function isHeardWhileStarting(deed: Deed): boolean {
  if (isEnding(deed)) return true;
  if ('typed' in deed) return freezeWish(deed.typed) !== undefined || firstWord(deed.typed) === 'list';
  return 'pressed' in deed && deed.pressed === 'freeze_all';
}
