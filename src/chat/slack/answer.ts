import type { AckFn, ViewOutput, ViewResponseAction } from '@slack/bolt';
import { Failure } from '../../core/failure.ts';
import { type FormKind, type FormView, page } from '../dialog/form-view.ts';
import { lateWords, type Reply } from '../dialog/reply.ts';
import { troubleWords } from '../dialog/trouble.ts';
import { formExpired } from '../words/dialog-words.ts';
import { FORM_WORDS } from '../words/form-words.ts';
import { DONE, STILL_WORKING } from '../words/words.ts';
import type { AppDeps } from './app-deps.ts';
import { homesFor, type Origin, readerOf } from './caller.ts';
import { PRESS_IDS } from './ids.ts';
import { isTriggerGone, openView } from './open-view.ts';
import { blockErrors } from './read-form.ts';
import type { Said } from './render.ts';
import { formModal } from './render-form.ts';

/** What to tell somebody whose click or command ended in an error. */
const trouble = (deps: AppDeps, error: unknown): Said => ({
  text: isTriggerGone(error) ? formExpired('Slack') : troubleWords(deps, error),
});

/** Tells somebody that their click ended in an error. Never rejects. */
export const troubleTold = (deps: AppDeps, origin: Origin, error: unknown): Promise<void> =>
  readerOf(deps, origin).notify(trouble(deps, error));

/** Slack waits 3 s for an answer; what is not known by then is answered later. */
export const ANSWER_MS = 2300;
const LATE = Symbol('late');

/** The work's result, or `LATE` when it takes longer than Slack waits. The work goes on either way. */
async function inTime<T>(work: Promise<T>, ms = ANSWER_MS): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Does what was acknowledged already and gives this person alone what came of it. A slow one is announced and then always
 * answered; a broken one is told in words. Never rejects.
 */
export async function answered(
  deps: AppDeps,
  origin: Origin & { readonly trigger: string },
  work: () => Promise<Reply>,
): Promise<void> {
  const reader = readerOf(deps, origin);
  const result = work()
    .then((reply) => shown(deps, origin.trigger, reply))
    .catch((error: unknown) => trouble(deps, error));
  const late = (await inTime(result, deps.answerMs)) === LATE;
  if (late) await reader.notify({ text: STILL_WORKING });
  const said = (await result) ?? (late ? { text: DONE } : undefined);
  if (said !== undefined) await reader.notify(said);
}

/** Opens the form of a reply; of any other, what is left to say. */
async function shown(deps: AppDeps, trigger: string, reply: Reply): Promise<Said | undefined> {
  if ('form' in reply) return opened(deps, trigger, reply);
  if ('done' in reply) return undefined;
  const button = 'say' in reply ? reply.button : undefined;
  return {
    text: lateWords(reply),
    ...(button === undefined ? {} : { button: { ...button, action: PRESS_IDS[button.action] } }),
  };
}

async function opened(
  deps: AppDeps,
  trigger: string,
  { form, unopened = '' }: Extract<Reply, { form: FormView }>,
): Promise<Said | undefined> {
  try {
    await openView(deps.workspace, trigger, formModal(form, await homesFor(deps)));
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'FORM_NOT_OPENED')) throw error;
    return { text: `${troubleWords(deps, error)}${unopened}` };
  }
}

/** A form that was sent, and how Slack takes the answer. */
interface Sent {
  readonly ack: AckFn<ViewResponseAction>;
  readonly kind: FormKind;
  readonly view: ViewOutput;
}

/**
 * Answers a submission within Slack's 3 s whatever happens: with the result, or with "still working" and a message
 * once it is known.
 */
export async function submitted(deps: AppDeps, origin: Origin, sent: Sent, work: () => Promise<Reply>): Promise<void> {
  const { title } = FORM_WORDS[sent.kind];
  const pageOf = (text: string) => formModal(page(title, text), []);
  const result = work()
    .then(async (reply) => ({ said: lateWords(reply), response: await responseTo(deps, sent, reply) }))
    .catch((error: unknown) => {
      const said = trouble(deps, error).text;
      return { said, response: { response_action: 'push', view: pageOf(said) } as const };
    });
  const first = await inTime(result, deps.answerMs);
  if (first !== LATE) {
    await (first.response ? sent.ack(first.response) : sent.ack());
    return;
  }
  await sent.ack({ response_action: 'update', view: pageOf(STILL_WORKING) });
  await readerOf(deps, origin).notify({ text: (await result).said });
}

/** What Slack does with the form: nothing closes it. https://docs.slack.dev/surfaces/modals#response_actions */
async function responseTo(deps: AppDeps, { kind, view }: Sent, reply: Reply): Promise<ViewResponseAction | undefined> {
  if ('done' in reply) return undefined;
  if ('fieldErrors' in reply) {
    return { response_action: 'errors', errors: blockErrors(kind, view, reply.fieldErrors) };
  }
  const next =
    'update' in reply ? reply.update : 'form' in reply ? reply.form : page(FORM_WORDS[kind].title, reply.say);
  return { response_action: 'update', view: formModal(next, await homesFor(deps)) };
}
