import { actionsIn } from '../../core/request/actions.ts';
import { STATEMENT_MAX } from '../../core/request/decide-attest.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import { type CardView, cardOf } from '../words/card.ts';
import { ATTESTED } from '../words/dialog-words.ts';
import { ATTEST_FIELD, ATTEST_MEANING, FORM_WORDS } from '../words/form-words.ts';
import { refusalWords } from '../words/words.ts';
import { banner } from './banner.ts';
import { type Caller, known } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import { type FormView, textIn } from './form-view.ts';
import { answer, wrongState } from './refused.ts';
import { type Reply, say, updated } from './reply.ts';
import { formSent, opened, type Submission, used } from './stored-form.ts';

const STATEMENT = 'statement';

/** The form of a security person's word that an access ended which nothing could prove (E5). */
export const attestForm = (id: string, card: CardView, frozen: Freeze | undefined): FormView => ({
  id,
  kind: 'attest',
  ...FORM_WORDS.attest,
  blocks: [
    ...banner(frozen, 'takes away'),
    { words: card.headline },
    { phrase: card.status },
    { words: ATTEST_MEANING },
    { field: STATEMENT, kind: 'text', ...ATTEST_FIELD, multiline: true, min: 3, max: STATEMENT_MAX },
  ],
});

/** The form says what it means before anything counts; who may send it is decided when it is sent. */
export async function openAttest(deps: DialogDeps, caller: Caller, requestId: string): Promise<Reply> {
  const { key, actor } = await known(caller);
  const [row, frozen] = await Promise.all([deps.store.find(requestId), deps.store.freeze()]);
  if (row === undefined) return say(refusalWords('unknown_request'));
  const { request } = row;
  if (!actionsIn(request).includes('attest')) return say(answer(wrongState(deps, actor, 'attest', row).refusal));
  const card = cardOf(await deps.broker.view(row));
  const opening = { kind: 'attest', key, requestId, digest: card.digest } as const;
  return opened(deps, caller, opening, (id) => attestForm(id, card, frozen));
}

/** A security person's word, as they sent it. */
export async function attested(deps: DialogDeps, caller: Caller, sent: Submission): Promise<Reply> {
  const { key, actor } = await known(caller);
  const form = await formSent(deps, [key], sent);
  if ('reply' in form) return form.reply;
  const changed = await deps.broker.attest(form.requestId, actor, textIn(sent.values, STATEMENT));
  if (changed.ok) {
    await used(deps, form.id);
    return { done: ATTESTED };
  }
  const said = answer(changed.refusal);
  return changed.refusal.code === 'bad_statement'
    ? { fieldErrors: { [STATEMENT]: said } }
    : updated(FORM_WORDS.attest.title, said);
}
