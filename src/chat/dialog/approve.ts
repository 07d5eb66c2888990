import { actionsIn } from '../../core/request/actions.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import type { Row } from '../../core/request/work.ts';
import { type CardView, cardOf } from '../words/card.ts';
import { APPROVED } from '../words/dialog-words.ts';
import { FORM_WORDS } from '../words/form-words.ts';
import { wordsOf } from '../words/phrase.ts';
import { refusalWords } from '../words/words.ts';
import { banner } from './banner.ts';
import { type Caller, type Known, known } from './caller.ts';
import { cardPressed } from './card-pressed.ts';
import type { DialogDeps } from './deps.ts';
import type { FormBlock, FormView } from './form-view.ts';
import type { Press } from './press.ts';
import { answer, refusedHere, whyRefused, wrongState } from './refused.ts';
import { NOTHING, type Reply, say, updated } from './reply.ts';
import { formSent, opened, type Submission, used } from './stored-form.ts';

/** The approve form of zone C: who, what, how long, how it ends, drawn from the row; its submission is the decision. */
export const approveForm = (id: string, card: CardView, frozen: Freeze | undefined): FormView => ({
  id,
  kind: 'approve',
  ...FORM_WORDS.approve,
  blocks: [
    ...banner(frozen, 'opens'),
    { phrase: card.status },
    ...card.facts.map(
      ({ label, value, long }): FormBlock =>
        long ? { words: `${label}: ${wordsOf(value)}` } : { phrase: [{ strong: label }, ': ', ...value] },
    ),
    { lines: card.caveats.map((caveat) => [`⚠ ${caveat}`]) },
    { lines: card.open },
  ],
});

/** Zone A and B: the click is the decision. Zone C: it opens the form whose submission is. */
export async function approve(deps: DialogDeps, caller: Caller, press: Press): Promise<Reply> {
  const who = await known(caller);
  const { key, actor } = who;
  const requestId = press.value;
  // Read once, beside the card: the decision's own transaction reads it again.
  const [pressed, row] = await Promise.all([cardPressed(deps, key, press), deps.store.find(requestId)]);
  if (pressed === undefined) {
    if (row !== undefined) refusedHere(deps, actor, 'approve', row, { code: 'not_a_card' });
    return say(refusalWords('not_a_card'));
  }
  if (row === undefined) return say(refusalWords('unknown_request'));
  if (pressed.older) {
    const refused = refusedHere(deps, actor, 'approve', row, { code: 'look_again' });
    return say(await whyRefused(deps, refused, 'approve'));
  }
  if (row.request.details.terms.role.zone === 'C') return openApprove(deps, caller, who, row);
  const changed = await deps.broker.approve(requestId, actor, pressed.digest, row);
  return changed.ok ? NOTHING : say(await whyRefused(deps, changed, 'approve'));
}

async function openApprove(deps: DialogDeps, caller: Caller, { key, actor }: Known, row: Row): Promise<Reply> {
  const { request } = row;
  if (!actionsIn(request).includes('approve')) return say(answer(wrongState(deps, actor, 'approve', row).refusal));
  const [seen, frozen] = await Promise.all([deps.broker.view(row), deps.store.freeze()]);
  const card = cardOf(seen);
  const opening = { kind: 'approve', key, requestId: request.details.id, digest: card.digest } as const;
  return opened(deps, caller, opening, (id) => approveForm(id, card, frozen));
}

/** A yes, as somebody sent it. */
export async function approved(deps: DialogDeps, caller: Caller, sent: Submission): Promise<Reply> {
  const { key, actor } = await known(caller);
  const form = await formSent(deps, [key], sent);
  if ('reply' in form) return form.reply;
  const changed = await deps.broker.approve(form.requestId, actor, form.digest);
  if (!changed.ok) return updated(FORM_WORDS.approve.title, await whyRefused(deps, changed, 'approve'));
  await used(deps, form.id);
  return { done: APPROVED };
}
