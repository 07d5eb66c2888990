import { actionsIn } from '../../core/request/actions.ts';
import { digestShown } from '../../core/request/extension.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import type { Changed } from '../../ports/store.ts';
import { DENIED, DENY_WHICH, denyWithoutForm, END_WHICH, ENDING, sayWhy } from '../words/dialog-words.ts';
import { DENY_FIELD, denialCloses, FORM_WORDS } from '../words/form-words.ts';
import { oneLine } from '../words/phrase.ts';
import { refusalWords } from '../words/words.ts';
import { banner } from './banner.ts';
import { type Caller, toEnd } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import { type FormView, textIn } from './form-view.ts';
import { answer, othersFor, whyRefused, wrongState } from './refused.ts';
import { NOTHING, type Reply, say, updated } from './reply.ts';
import { formSent, opened, type Submission, used } from './stored-form.ts';

/*
 * What takes away asks the platform nothing about whoever does it: whoever may not is refused by the row.
 */

const REASON = 'reason';
const REASON_MAX = 500;

/** `closes` says what the denial does: to a request, or to more time on it. */
export const denyForm = (id: string, closes: string, frozen: Freeze | undefined): FormView => ({
  id,
  kind: 'deny',
  ...FORM_WORDS.deny,
  blocks: [
    ...banner(frozen, 'takes away'),
    { words: closes },
    { field: REASON, kind: 'text', ...DENY_FIELD, multiline: true, min: 1, max: REASON_MAX },
  ],
});

/** The button that withdraws or ends: the click is the deed. */
export async function taken(
  deps: DialogDeps,
  caller: Caller,
  action: 'withdraw' | 'end',
  requestId: string,
): Promise<Reply> {
  const changed = await deps.broker[action](requestId, await toEnd(caller));
  return changed.ok ? NOTHING : say(await whyRefused(deps, changed, action));
}

/** The form in which somebody says why not. */
export async function openDeny(deps: DialogDeps, caller: Caller, requestId: string): Promise<Reply> {
  const [row, frozen] = await Promise.all([deps.store.find(requestId), deps.store.freeze()]);
  if (row === undefined) return say(refusalWords('unknown_request'));
  const { request } = row;
  if (!actionsIn(request).includes('deny')) {
    return say(answer(wrongState(deps, async () => (await toEnd(caller))[0], 'deny', row).refusal));
  }
  const name = oneLine(request.details.terms.role.name, 60);
  const closes = denialCloses(name, request.state === 'pending' ? 'request' : 'more time');
  const [key] = await caller.keysToEnd();
  const opening = { kind: 'deny', key, requestId, digest: digestShown(request) } as const;
  const form = await opened(deps, caller, opening, (id) => denyForm(id, closes, frozen));
  return { ...form, unopened: denyWithoutForm(requestId) };
}

/** A no, as somebody sent it. */
export async function denied(deps: DialogDeps, caller: Caller, sent: Submission): Promise<Reply> {
  const form = await formSent(deps, await caller.keysToEnd(), sent);
  if ('reply' in form) return form.reply;
  const reason = oneLine(textIn(sent.values, REASON), REASON_MAX);
  if (reason === '') return { fieldErrors: { [REASON]: sayWhy(REASON_MAX) } };
  const changed = await deps.broker.deny(form.requestId, await toEnd(caller), reason, form.digest);
  if (!changed.ok) return updated(FORM_WORDS.deny.title, await whyRefused(deps, changed, 'deny'));
  await used(deps, form.id);
  return { done: DENIED };
}

/** `/breakglass end ID`. */
export async function endTyped(deps: DialogDeps, caller: Caller, id: string | undefined): Promise<Reply> {
  if (id === undefined) return say(END_WHICH);
  const changed = await deps.broker.end(id.toLowerCase(), await toEnd(caller));
  return say(changed.ok ? ENDING : await typedRefusal(deps, caller, changed, 'end'));
}

/**
 * `/breakglass deny ID REASON`: the way to say no while the platform opens no form. It denies what waits now: a no to
 * other terms than were seen closes a request that can be asked again, and opens nothing.
 */
export async function denyTyped(
  deps: DialogDeps,
  caller: Caller,
  id: string | undefined,
  typedReason: string,
): Promise<Reply> {
  const reason = oneLine(typedReason, REASON_MAX);
  if (id === undefined || reason === '') return say(DENY_WHICH);
  const row = await deps.store.find(id.toLowerCase());
  if (row === undefined) return say(refusalWords('unknown_request'));
  const { details } = row.request;
  const changed = await deps.broker.deny(details.id, await toEnd(caller), reason, digestShown(row.request));
  return say(changed.ok ? DENIED : await typedRefusal(deps, caller, changed, 'deny'));
}

async function typedRefusal(
  deps: DialogDeps,
  caller: Caller,
  changed: Extract<Changed, { ok: false }>,
  action: 'end' | 'deny',
): Promise<string> {
  const [key] = await caller.keysToEnd();
  return `${answer(changed.refusal)}${await othersFor(deps, { actor: { type: 'person', key } }, changed, action)}`;
}
