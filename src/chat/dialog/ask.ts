import { ulid } from 'ulid';
import { personOf } from '../../core/policy/directory.ts';
import type { Refusal, RefusalCode } from '../../core/request/refusal.ts';
import { askedWords, CARD_IS_DIRECT, CARD_NOT_POSTED, NO_ROLE_TO_ASK, phoneWords } from '../words/dialog-words.ts';
import { FORM_WORDS } from '../words/form-words.ts';
import { FORM_NOT_YOURS, FORM_UNKNOWN, refusalWords } from '../words/words.ts';
import { type Caller, type Known, known } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import { type FormBlock, page } from './form-view.ts';
import { answer } from './refused.ts';
import { NOTHING, type Reply, say } from './reply.ts';
import { askable, type RequestForm, requestForm } from './request-form.ts';
import { inputOf, type RequestValues, requestValues, valuesAgain, withRole, withRunbook } from './request-values.ts';
import { formSent, opened, type Submission, used } from './stored-form.ts';

type Drawn =
  | { readonly ok: true; readonly form: Omit<RequestForm, 'id'> }
  | { readonly ok: false; readonly code: RefusalCode };

/** What the form is drawn from, for this person; a refusal where it could not be of use to them. */
async function formFor(deps: DialogDeps, { key }: Pick<Known, 'key'>, values: RequestValues): Promise<Drawn> {
  const [inForce, frozen] = await Promise.all([deps.store.policyInForce(), deps.store.freeze()]);
  if (inForce === undefined) return { ok: false, code: 'policy_unavailable' };
  const { policy } = inForce;
  const read = await deps.directory.read(policy).catch((error: unknown) => {
    deps.logger.warn({ why: String(error) }, 'the directory did not answer for a form');
    return undefined;
  });
  if (read === undefined) return { ok: false, code: 'directory_unavailable' };
  const { directory } = read;
  const person = personOf(directory, key);
  if (person === 'unknown') return { ok: false, code: 'unknown_person' };
  if (person === 'ambiguous') return { ok: false, code: 'ambiguous_person' };
  if (askable({ policy, directory, person, values }).length === 0) return { ok: false, code: 'over_scope' };
  return { ok: true, form: { policy, directory, person, values, capabilities: deps.capabilities, frozen } };
}

/**
 * The request form, or why it cannot be opened. Its id is all that it carries; the id that the request will get is kept
 * beside it, so that one form makes at most one request.
 */
export async function openRequest(
  deps: DialogDeps,
  caller: Caller,
  { key }: Known,
  values: RequestValues,
): Promise<Reply> {
  const drawn = await formFor(deps, { key }, values);
  if (!drawn.ok) {
    const phone = (await deps.store.policyInForce())?.policy.phone;
    const why = drawn.code === 'over_scope' ? NO_ROLE_TO_ASK : refusalWords(drawn.code);
    return say(`${why}${phone === undefined ? '' : phoneWords(phone)}`);
  }
  const opening = { kind: 'request', key, requestId: ulid().toLowerCase(), digest: '' } as const;
  return opened(deps, caller, opening, (id) => requestForm({ ...drawn.form, id }));
}

/** What the choice of a role or runbook means, or why that cannot be shown. */
export async function requestChanged(
  deps: DialogDeps,
  caller: Caller,
  { id, values, changed }: Submission & { readonly changed: string },
): Promise<Reply> {
  const { key } = await known(caller);
  const picked = requestValues(values);
  const inForce = await deps.store.policyInForce();
  if (inForce === undefined) return NOTHING;
  const { policy } = inForce;
  const next =
    changed === 'runbook' ? withRunbook(picked, picked.runbook, policy) : withRole(picked, picked.role ?? '', policy);
  const drawn = await formFor(deps, { key }, next);
  if (!drawn.ok) return say(`${refusalWords(drawn.code)}${phoneWords(policy.phone)}`);
  return { update: requestForm({ ...drawn.form, id }), said: '' };
}

/** A request, as somebody sent it. Where the terms are others by now, the form is drawn anew and asks again. */
export async function requested(deps: DialogDeps, caller: Caller, sent: Submission): Promise<Reply> {
  const { key, actor } = await known(caller);
  const form = await formSent(deps, [key], sent);
  if ('reply' in form) return form.reply;
  const values = requestValues(sent.values);
  const drawn = await formFor(deps, { key }, values);
  const input = inputOf(values, sent.digest, drawn.ok ? drawn.form.directory : undefined);
  const changed = await deps.broker.request({ requestId: form.requestId, actor, input });
  if (changed.ok) {
    await used(deps, form.id);
    return { done: askedWords(changed.row.request.details.id) };
  }
  const { refusal } = changed;
  const said = answer(refusal);
  if (refusal.code === 'already_asked') {
    const where = await cardBlock(deps, refusal.detail?.id ?? '');
    return { update: page(FORM_WORDS.request.title, said, where), said };
  }
  return refusal.code === 'look_again' && drawn.ok
    ? { update: requestForm({ ...drawn.form, id: form.id, notice: said }), said }
    : { fieldErrors: { [fieldFor(refusal)]: said } };
}

/** One that is about no field stands on the first. */
const fieldFor = ({ field = 'incident' }: Refusal): string => field;

/** Where the card of a request stands. */
async function cardBlock({ store, chat }: DialogDeps, requestId: string): Promise<FormBlock> {
  const refs = await store.chat.refs(requestId, chat.name);
  const card = refs.find(({ kind, state }) => kind === 'card' && state === 'sent');
  if (card === undefined) return { phrase: [CARD_NOT_POSTED] };
  const direct = chat.isDirect({ chat: chat.name, place: card.place });
  return direct ? { phrase: [CARD_IS_DIRECT] } : { cardIn: card.place };
}

/** The same form once more, filled in as before, for whoever asked. */
export async function askAgain(deps: DialogDeps, caller: Caller, requestId: string): Promise<Reply> {
  const who = await known(caller);
  const row = await deps.store.find(requestId);
  if (row === undefined) return say(FORM_UNKNOWN);
  if (!row.request.details.requester.keys.includes(who.key)) return say(FORM_NOT_YOURS);
  return openRequest(deps, caller, who, valuesAgain(row.request));
}
