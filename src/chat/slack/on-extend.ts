import type { App, BlockAction, ViewOutput, ViewSubmitAction } from '@slack/bolt';
import { ulid } from 'ulid';
import { personById } from '../../core/policy/directory.ts';
import { seenSince } from '../../core/request/decide-approve.ts';
import { outlook } from '../../core/request/decide-request.ts';
import { type Active, whyNotExtend } from '../../core/request/extension.ts';
import type { Row } from '../../core/request/work.ts';
import { plural } from '../words/phrase.ts';
import { refusalWords } from '../words/words.ts';
import { answer, othersFor } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, callerOf, guardedFor, originOf } from './caller.ts';
import { saidModal } from './decision-modals.ts';
import { EXTEND_BLOCK, extendModal } from './extend-modal.ts';
import { ACTION_IDS, FORMS } from './ids.ts';
import type { Opening } from './open-form.ts';
import { openView } from './open-view.ts';
import { formOf, type Submitted, submit, used } from './submission.ts';
import { homesOf } from './workspace.ts';

/** "More time…" on the card, and the form behind it. The click only opens the form; its submission asks. */
export function onExtend(app: App, deps: AppDeps): void {
  app.action<BlockAction>(ACTION_IDS.extend, async ({ ack, body, respond }) => {
    await ack();
    const { actions, channel, trigger_id: trigger } = body;
    const id = actions[0]?.type === 'button' ? (actions[0].value ?? '') : '';
    const opening = { trigger, channel: channel?.id ?? '' };
    await guardedFor(deps, originOf(body, respond), (caller) => openExtendForm(deps, caller, opening, id));
  });
  app.view<ViewSubmitAction>(FORMS.extend, async ({ ack, body, view }) => {
    const origin = originOf(body);
    await submit(deps, origin, ack, 'More time', async () => asked(deps, await callerOf(deps, origin), view));
  });
}

/** Opens the form for this request, or the caller's own newest open access; answers with why not where it cannot be. */
export async function openExtendForm(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  requestId: string | undefined,
): Promise<string | undefined> {
  const row = requestId === undefined ? await ownNewest(deps, caller) : await deps.store.find(requestId.toLowerCase());
  if (row === undefined) {
    return requestId === undefined
      ? 'You have no open access. Type /breakglass to ask.'
      : refusalWords('unknown_request');
  }
  const { request } = row;
  if (!request.details.requester.keys.includes(caller.key)) {
    const refused = { ok: false, refusal: { code: 'not_yours' }, row } as const;
    return `${answer(refused.refusal)}${await othersFor(deps, caller, refused, 'extend')}`;
  }
  if (request.state !== 'active') return refusalWords('not_in_this_state', { state: request.state });
  const why = whyNotExtend(request);
  return why === undefined ? open(deps, caller, opening, request) : answer(why);
}

const ownNewest = async ({ store }: AppDeps, { key }: Caller): Promise<Row | undefined> =>
  (await store.list({ states: ['active'], requester: key, limit: 1 }))[0];

async function open(
  deps: AppDeps,
  caller: Caller,
  { trigger, channel }: Opening,
  request: Active,
): Promise<string | undefined> {
  const { id: requestId, digest, terms, requester } = request.details;
  const [inForce, frozen, home] = await Promise.all([
    deps.store.policyInForce(),
    deps.store.freeze(),
    deps.workspace.home(),
  ]);
  if (inForce === undefined) return refusalWords('policy_unavailable');
  const read = await deps.directory.read(inForce.policy).catch((error: unknown) => {
    deps.logger.warn({ why: String(error) }, 'the directory did not answer for a form');
    return undefined;
  });
  if (read === undefined) return refusalWords('directory_unavailable');
  const { directory } = read;
  const person = personById(directory, requester.id);
  if (person === undefined) return refusalWords('unknown_person');
  const seen = seenSince(request, directory);
  const { clauses, whileUnverified } = outlook(terms, directory, person, seen);
  const needs = clauses.map((one) => ({ ...one, missing: one.places }));
  const id = ulid();
  const view = extendModal({
    id,
    request,
    needs,
    whileUnverified,
    capabilities: deps.capabilities(terms),
    homes: homesOf(home),
    frozen,
  });
  await Promise.all([
    deps.store.chat.openForm({ id, kind: 'extend', key: caller.key, requestId, digest, channel }),
    openView(deps.workspace, trigger, view),
  ]);
  return undefined;
}

async function asked(deps: AppDeps, caller: Caller, view: ViewOutput): Promise<Submitted> {
  const form = await formOf(deps, [caller.key], view.private_metadata, 'extend');
  if ('said' in form) return form;
  const chosen = Object.values(view.state.values[EXTEND_BLOCK] ?? {})[0]?.selected_option?.value;
  const minutes = Number(chosen ?? Number.NaN);
  const changed = await deps.broker.extend(form.requestId, caller.actor, { minutes, digest: form.digest });
  if (!changed.ok) {
    const said = answer(changed.refusal);
    return { said, response: { response_action: 'update', view: saidModal('More time', said) } };
  }
  await used(deps, form.id);
  return { said: `Recorded: ${plural(minutes, 'minute')} more wait for approval. Until then the old end stays.` };
}
