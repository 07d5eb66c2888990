import { ulid } from 'ulid';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { Form } from '../../ports/chat-memory.ts';
import { FORM_WORDS } from '../words/form-words.ts';
import { FORM_NOT_YOURS, FORM_UNKNOWN, FORM_USED } from '../words/words.ts';
import type { Caller } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import type { FormKind, FormValues, FormView } from './form-view.ts';
import { type Reply, updated } from './reply.ts';

/** A form that somebody sent. */
export interface Submission {
  readonly kind: FormKind;
  /** As it was drawn on the form. */
  readonly id: string;
  readonly values: FormValues;
  /** The digest that the form showed, or empty. */
  readonly digest: string;
}

/** Whom a form is opened for, and what about. */
type Opening = Pick<Form, 'kind' | 'requestId' | 'digest'> & { readonly key: ChatKey };

/** Records a form and gives it to be drawn: one that is shown can be sent. Its id is all that it carries. */
export async function opened(
  { store }: Pick<DialogDeps, 'store'>,
  { place }: Pick<Caller, 'place'>,
  opening: Opening,
  draw: (id: string) => FormView,
): Promise<{ readonly form: FormView }> {
  const id = ulid();
  const form = draw(id);
  await store.chat.openForm({ ...opening, id, channel: place?.place ?? '' });
  return { form };
}

/**
 * The record of a form, if it may be sent now by whoever has one of these keys; else the answer that says why not. A
 * decision counts once for each form. A request's form may arrive again: it names one request, and the answer is that
 * request.
 */
export async function formSent(
  { store }: Pick<DialogDeps, 'store'>,
  keys: readonly ChatKey[],
  { id, kind }: Pick<Submission, 'id' | 'kind'>,
): Promise<Form | { readonly reply: Reply }> {
  const form = await store.chat.form(id);
  if (form?.kind !== kind) return closing(FORM_UNKNOWN);
  if (!keys.some((key) => key === form.key)) return closing(FORM_NOT_YOURS);
  return kind !== 'request' && form.usedAt !== undefined ? closing(FORM_USED) : form;
}

const closing = (said: string) => ({ reply: updated(FORM_WORDS.request.title, said) });

/** Notes that a form did its work. The work stands whether or not this can be saved: its request's id makes it count once. */
export async function used({ store, logger }: Pick<DialogDeps, 'store' | 'logger'>, id: string): Promise<void> {
  try {
    await store.chat.useForm(id);
  } catch (error) {
    logger.warn({ form: id, why: String(error) }, 'a form could not be marked as used');
  }
}
