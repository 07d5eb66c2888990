import { DONE } from '../words/words.ts';
import { type FormView, page } from './form-view.ts';

/** What may be pressed under a reply. */
export interface ReplyButton {
  readonly action: 'freeze_all';
  readonly label: string;
  /** Comes back with the press. */
  readonly value: string;
}

/** What comes of what somebody typed, pressed, chose or sent. It is for them alone. */
export type Reply =
  /** Plain words: nothing in them is markup. */
  | { readonly say: string; readonly button?: ReplyButton | undefined }
  /** A form to open. `unopened` follows what is said where the platform does not open it. */
  | { readonly form: FormView; readonly unopened?: string | undefined }
  /** The open form becomes this one; `said` is the same for somebody who is answered when it is closed by then. */
  | { readonly update: FormView; readonly said: string }
  /** Beside the fields, by name; one that the form does not show stands for its first. What was typed stays. */
  | { readonly fieldErrors: Readonly<Record<string, string>> }
  /** Nothing needs to be said in time: the card shows it. `done` is for an answer that comes late. */
  | { readonly done: string };

/** It was done, and the card shows it. */
export const NOTHING: Reply = { done: DONE };

export const say = (words: string): Reply => ({ say: words });

/** The form gives way to a page that says this. */
export const updated = (title: string, said: string): Reply => ({ update: page(title, said), said });

/** The words of a reply, for whoever has no form open any more. */
export function lateWords(reply: Reply): string {
  if ('say' in reply) return reply.say;
  if ('update' in reply) return reply.said;
  if ('fieldErrors' in reply) return Object.values(reply.fieldErrors).join(' ');
  return 'done' in reply ? reply.done : DONE;
}
