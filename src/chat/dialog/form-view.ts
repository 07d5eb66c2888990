import type { ChatKey } from '../../core/policy/directory.ts';
import { CLOSE } from '../words/form-words.ts';
import type { Phrase } from '../words/phrase.ts';

/** The forms that somebody can send. */
export type FormKind = 'request' | 'approve' | 'deny' | 'extend' | 'attest';

/**
 * A form as data: what every chat, and the console, draws the same. What a platform can hold of it is the business of
 * whoever draws it, and so is saying what did not fit.
 */
export interface FormView {
  /** Of the stored form: all that a drawn form has to carry. Empty on a page, which cannot be sent. */
  readonly id: string;
  readonly kind: FormKind | 'page';
  readonly title: string;
  /** On the button that sends it; undefined where there is nothing to send. */
  readonly submit: string | undefined;
  readonly close: string;
  readonly blocks: readonly FormBlock[];
}

/** What stands on a form, from top to bottom. */
export type FormBlock =
  /** As it is, with no markup in it. What is shown of `digest` comes back with the form, to be held against what is true then. */
  | { readonly words: string; readonly digest?: string | undefined }
  | { readonly phrase: Phrase }
  /** One below the other. Where not all fit, how many are left out is said. */
  | { readonly lines: readonly Phrase[] }
  /** An address of the configuration. */
  | { readonly link: string; readonly label: string }
  /** The card of a request stands in this place of the chat that draws it. */
  | { readonly cardIn: string }
  | FormField;

/** Something to fill in. What is required is checked by whoever reads it, whatever a platform lets through. */
export type FormField = TextField | MenuField | PersonField;

interface FieldBase {
  readonly field: string;
  readonly label: string;
  readonly placeholder?: string | undefined;
  readonly optional?: boolean | undefined;
  /** A choice here changes what else the form shows. */
  readonly redraws?: boolean | undefined;
  /**
   * The choices that this field was made for. Where one of them is another now, its own presets count again; what was
   * entered stays only while they are the same.
   */
  readonly madeFor?: readonly string[] | undefined;
}

export interface TextField extends FieldBase {
  readonly kind: 'text';
  readonly multiline?: boolean | undefined;
  /** Limits in UTF-16 units. A preset may be longer: it is cut to fit. */
  readonly min?: number | undefined;
  readonly max: number;
  readonly preset?: string | undefined;
}

export interface MenuField extends FieldBase {
  readonly kind: 'menu';
  readonly options: readonly MenuOption[];
  /** Headings in their order, where every option stands under one of them. */
  readonly groups?: readonly string[] | undefined;
  /** The value of the chosen option. */
  readonly preset?: string | undefined;
  /** What one option is, where the list may be longer than a menu: it can be typed instead. */
  readonly noun?: string | undefined;
}

export interface MenuOption {
  readonly value: string;
  readonly label: string;
  /** Behind the label, and never cut for it. */
  readonly note?: string | undefined;
  readonly group?: string | undefined;
}

/** Somebody of the chat; its value is every key that person may have there. */
export interface PersonField extends FieldBase {
  readonly kind: 'person';
  /** Keys of one person: the first that is of the chat which draws this. */
  readonly preset?: readonly ChatKey[] | undefined;
}

/** What a field holds: what was typed, the value of an option, or the keys that the picked person may have. */
export type FieldValue = string | readonly ChatKey[];

/** By name of the field. Nothing here is believed until policy has checked it. */
export type FormValues = Readonly<Record<string, FieldValue | undefined>>;

/** The text that stands in a field; empty where there is none. */
export function textIn(values: FormValues, field: string): string {
  const value = values[field];
  return typeof value === 'string' ? value : '';
}

/** A form that has nothing more to fill in: it says what happened, and below where to look. */
export const page = (title: string, words: string, ...below: readonly FormBlock[]): FormView => ({
  id: '',
  kind: 'page',
  title,
  submit: undefined,
  close: CLOSE,
  blocks: [{ words }, ...below],
});
