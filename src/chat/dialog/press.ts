import type { Action } from '../../core/request/actions.ts';
import type { MessageAt } from '../../ports/chat.ts';

/** A button of ours that was pressed. */
export interface Press {
  readonly action: Action | 'ask_again' | 'freeze_all';
  /** What the button carries: the id of a request, or of what was answered. */
  readonly value: string;
  /** The message that it stands on, if the platform says. */
  readonly at?: MessageAt | undefined;
  /** What the card showed, as the button carries it. */
  readonly digest?: string | undefined;
}
