import type { AckFn, ViewResponseAction } from '@slack/bolt';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { Form } from '../../ports/chat-memory.ts';
import { FORM_NOT_YOURS, FORM_UNKNOWN, FORM_USED, STILL_WORKING } from '../words/words.ts';
import type { AppDeps } from './app-deps.ts';
import { inTime, LATE, type Origin, readerOf, troubleWords } from './caller.ts';
import { saidModal } from './decision-modals.ts';

/** What a submission is answered with: an answer for Slack, and words for when it comes too late for that. */
export interface Submitted {
  readonly response?: ViewResponseAction | undefined;
  readonly said: string;
}

/**
 * Answers a submission within Slack's 3 s whatever happens: with the result, or with "still working" and a message
 * once it is known.
 */
export async function submit(
  deps: AppDeps,
  origin: Origin,
  ack: AckFn<ViewResponseAction>,
  title: string,
  work: () => Promise<Submitted>,
): Promise<void> {
  const result = work().catch((error: unknown): Submitted => {
    const said = troubleWords(deps, error);
    return { said, response: { response_action: 'push', view: saidModal(title, said) } };
  });
  const first = await inTime(result, deps.answerMs);
  if (first !== LATE) {
    await (first.response ? ack(first.response) : ack());
    return;
  }
  await ack({ response_action: 'update', view: saidModal(title, STILL_WORKING) });
  await readerOf(deps, origin).notify((await result).said);
}

/**
 * The record of a form, if it may be sent now by whoever has one of these keys; else the answer that says why not. A decision counts once
 * for each form. A request's form may arrive again: it names one request, and the answer is that request.
 */
export async function formOf(
  deps: AppDeps,
  keys: readonly ChatKey[],
  id: string,
  kind: Form['kind'],
): Promise<Form | Submitted> {
  const form = await deps.store.chat.form(id);
  if (form?.kind !== kind) return closing(FORM_UNKNOWN);
  if (!keys.some((key) => key === form.key)) return closing(FORM_NOT_YOURS);
  return kind !== 'request' && form.usedAt !== undefined ? closing(FORM_USED) : form;
}

const closing = (said: string): Submitted => ({
  said,
  response: { response_action: 'update', view: saidModal('Emergency access', said) },
});

/** Notes that a form did its work. The work stands whether or not this can be saved: its request's id makes it count once. */
export async function used({ store, logger }: AppDeps, id: string): Promise<void> {
  try {
    await store.chat.useForm(id);
  } catch (error) {
    logger.warn({ form: id, why: String(error) }, 'a form could not be marked as used');
  }
}
