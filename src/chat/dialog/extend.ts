import type { CloudTerms } from '../../core/policy/cloud.ts';
import { personById } from '../../core/policy/directory.ts';
import { seenSince } from '../../core/request/decide-approve.ts';
import { outlook } from '../../core/request/decide-request.ts';
import { type Active, extensionMinutes, whyNotExtend } from '../../core/request/extension.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import type { RefusalCode } from '../../core/request/refusal.ts';
import type { Row } from '../../core/request/work.ts';
import { extensionAsked, NOTHING_TO_EXTEND } from '../words/dialog-words.ts';
import {
  APPROVALS_NEEDED,
  EXTEND_FIELD,
  FORM_WORDS,
  HOW_IT_ENDS,
  mostMinutes,
  OLD_END_STAYS,
} from '../words/form-words.ts';
import { plural } from '../words/phrase.ts';
import {
  type ClauseOutlook,
  type ClausePeople,
  clauseWords,
  endingWords,
  unverifiedLines,
} from '../words/role-words.ts';
import { refusalWords } from '../words/words.ts';
import { banner } from './banner.ts';
import { type Caller, type Known, known } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import { type FormView, textIn } from './form-view.ts';
import { answer, othersFor, refusedHere, wrongState } from './refused.ts';
import { type Reply, say, updated } from './reply.ts';
import { formSent, opened, type Submission, used } from './stored-form.ts';

const MINUTES = 'minutes';

/** Everything that the form for more time is drawn from. */
export interface ExtendForm {
  readonly id: string;
  readonly request: Active;
  /** What it needs, with who can give it now. */
  readonly needs: readonly ClausePeople[];
  /** What it needs besides while the incident is unverified. */
  readonly whileUnverified: ClauseOutlook | undefined;
  readonly capabilities: CloudTerms;
  readonly frozen: Freeze | undefined;
}

/** More time: how much of it still fits, who must approve it, and that the old end holds until then (B8, B10). */
export function extendForm({ id, request, needs, whileUnverified, capabilities, frozen }: ExtendForm): FormView {
  const { details, endsAt } = request;
  const options = extensionMinutes(request).map((minutes) => ({
    value: String(minutes),
    label: plural(minutes, 'minute'),
  }));
  return {
    id,
    kind: 'extend',
    ...FORM_WORDS.extend,
    blocks: [
      ...banner(frozen, 'opens'),
      { phrase: [{ strong: details.terms.role.name }, ': the access ends ', { at: endsAt }, OLD_END_STAYS] },
      { field: MINUTES, kind: 'menu', ...EXTEND_FIELD, options, preset: options[0]?.value },
      { lines: [[{ strong: APPROVALS_NEEDED }], ...needs.map(clauseWords), ...unverifiedLines(whileUnverified)] },
      { lines: [[{ strong: HOW_IT_ENDS }], [endingWords(capabilities)]] },
      { words: mostMinutes(details.terms.maxTotalMinutes) },
    ],
  };
}

/** The form for more time on this request, or on the caller's own newest open access; or why it cannot be opened. */
export async function openExtend(
  deps: DialogDeps,
  caller: Caller,
  who: Known,
  requestId: string | undefined,
): Promise<Reply> {
  const row = requestId === undefined ? await ownNewest(deps, who) : await deps.store.find(requestId.toLowerCase());
  if (row === undefined) return say(requestId === undefined ? NOTHING_TO_EXTEND : refusalWords('unknown_request'));
  const { request } = row;
  if (!request.details.requester.keys.includes(who.key)) {
    const refused = refusedHere(deps, who.actor, 'extend', row, { code: 'not_yours' });
    return say(`${answer(refused.refusal)}${await othersFor(deps, who, refused, 'extend')}`);
  }
  if (request.state !== 'active') return say(answer(wrongState(deps, who.actor, 'extend', row).refusal));
  const why = whyNotExtend(request);
  return why === undefined
    ? open(deps, caller, who, row, request)
    : say(answer(refusedHere(deps, who.actor, 'extend', row, why).refusal));
}

const ownNewest = async ({ store }: DialogDeps, { key }: Known): Promise<Row | undefined> =>
  (await store.list({ states: ['active'], requester: key, limit: 1 }))[0];

async function open(
  deps: DialogDeps,
  caller: Caller,
  { key, actor }: Known,
  row: Row,
  request: Active,
): Promise<Reply> {
  const no = (code: RefusalCode): Reply => say(answer(refusedHere(deps, actor, 'extend', row, { code }).refusal));
  const { id: requestId, digest, terms, requester } = request.details;
  const [inForce, frozen] = await Promise.all([deps.store.policyInForce(), deps.store.freeze()]);
  if (inForce === undefined) return no('policy_unavailable');
  const read = await deps.directory.read(inForce.policy).catch((error: unknown) => {
    deps.logger.warn({ why: String(error) }, 'the directory did not answer for a form');
    return undefined;
  });
  if (read === undefined) return no('directory_unavailable');
  const { directory } = read;
  const person = personById(directory, requester.id);
  if (person === undefined) return no('unknown_person');
  const { clauses, whileUnverified } = outlook(terms, directory, person, seenSince(request, directory));
  const needs = clauses.map((one) => ({ ...one, missing: one.places }));
  const capabilities = deps.capabilities(terms);
  return opened(deps, caller, { kind: 'extend', key, requestId, digest }, (id) =>
    extendForm({ id, request, needs, whileUnverified, capabilities, frozen }),
  );
}

/** More time, as somebody asked for it. */
export async function extended(deps: DialogDeps, caller: Caller, sent: Submission): Promise<Reply> {
  const { key, actor } = await known(caller);
  const form = await formSent(deps, [key], sent);
  if ('reply' in form) return form.reply;
  const minutes = Number(textIn(sent.values, MINUTES) || Number.NaN);
  const changed = await deps.broker.extend(form.requestId, actor, { minutes, digest: form.digest });
  if (!changed.ok) return updated(FORM_WORDS.extend.title, answer(changed.refusal));
  await used(deps, form.id);
  return { done: extensionAsked(minutes) };
}
