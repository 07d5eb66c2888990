import type { App, BlockAction, ViewOutput, ViewSubmitAction } from '@slack/bolt';
import type { Refusal } from '../../core/request/refusal.ts';
import type { Changed } from '../../ports/store.ts';
import { FORM_NOT_YOURS, FORM_UNKNOWN, refusalWords } from '../words/words.ts';
import { answer } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, callerOf, guardedFor, type Origin, originOf, readerOf, troubleWords } from './caller.ts';
import { saidModal } from './decision-modals.ts';
import { draftAgain, draftOf, inputOf, shownDigest, withRole, withRunbook } from './draft.ts';
import { ASK_AGAIN, FORMS, fieldOf, PICK_ROLE, PICK_RUNBOOK } from './ids.ts';
import { requestModal } from './modals.ts';
import { formFor, openRequestForm } from './open-form.ts';
import { formOf, type Submitted, submit, used } from './submission.ts';
import { refusalOf } from './web.ts';
import { homesOf } from './workspace.ts';

/** The request form: its menus, its submission, and the button that opens it again. */
export function onForm(app: App, deps: AppDeps): void {
  for (const action of [PICK_ROLE, PICK_RUNBOOK]) {
    app.action<BlockAction>(action, async ({ ack, body }) => {
      await ack();
      if (body.view === undefined) return;
      const origin = originOf(body);
      await redraw(deps, origin, body.view, action).catch((error: unknown) =>
        readerOf(deps, origin).notify(troubleWords(deps, error)),
      );
    });
  }
  app.view<ViewSubmitAction>(FORMS.request, async ({ ack, body, view }) => {
    const origin = originOf(body);
    await submit(deps, origin, ack, 'Emergency access', async () => asked(deps, await callerOf(deps, origin), view));
  });
  app.action<BlockAction>(ASK_AGAIN, async ({ ack, body, respond }) => {
    await ack();
    const { actions, channel, trigger_id: trigger } = body;
    const value = actions[0]?.type === 'button' ? actions[0].value : undefined;
    const opening = { trigger, channel: channel?.id ?? '' };
    await guardedFor(deps, originOf(body, respond), (caller) => again(deps, caller, opening, value ?? ''));
  });
}

/** Shows what the choice means, or tells why it cannot. A choice made meanwhile is newer: it draws the form itself. */
async function redraw(deps: AppDeps, origin: Origin, view: ViewOutput, action: string): Promise<void> {
  const caller = await callerOf(deps, origin);
  const picked = draftOf(view);
  const inForce = await deps.store.policyInForce();
  if (inForce === undefined) return;
  const { policy } = inForce;
  const draft =
    action === PICK_RUNBOOK ? withRunbook(picked, picked.runbook, policy) : withRole(picked, picked.role ?? '', policy);
  const drawn = await formFor(deps, caller, draft);
  if (!drawn.ok) return caller.notify(`${refusalWords(drawn.code)} Phone: ${policy.phone}.`);
  const next = requestModal({ ...drawn.form, id: view.private_metadata });
  try {
    await deps.workspace.client.views.update({ view_id: view.id, hash: view.hash, view: next });
  } catch (error) {
    const code = refusalOf(error);
    if (code !== 'hash_conflict' && code !== 'not_found') throw error;
  }
}

async function asked(deps: AppDeps, caller: Caller, view: ViewOutput): Promise<Submitted> {
  const form = await formOf(deps, [caller.key], view.private_metadata, 'request');
  if ('said' in form) return form;
  const draft = draftOf(view);
  const drawn = await formFor(deps, caller, draft);
  const homes = homesOf(await deps.workspace.home());
  const input = inputOf(draft, shownDigest(view), drawn.ok ? drawn.form.directory : undefined, homes);
  const changed = await deps.broker.request({ requestId: form.requestId, actor: caller.actor, input });
  if (!changed.ok) {
    const look = changed.refusal.code === 'look_again' && drawn.ok;
    const said = answer(changed.refusal);
    if (changed.refusal.code === 'already_asked') {
      const place = await cardPlace(deps, changed.refusal.detail?.id ?? '');
      return { said, response: { response_action: 'update', view: saidModal('Emergency access', said, place) } };
    }
    if (!look)
      return { said, response: { response_action: 'errors', errors: { [blockFor(changed.refusal, view)]: said } } };
    const again = requestModal({ ...drawn.form, id: form.id, notice: said });
    return { said, response: { response_action: 'update', view: again } };
  }
  await used(deps, form.id);
  return { said: askedWords(changed) };
}

/** Where the card of a request stands, as a line of ours. */
async function cardPlace({ store }: AppDeps, requestId: string): Promise<string> {
  const refs = await store.chat.refs(requestId);
  const card = refs.find(({ kind, state }) => kind === 'card' && state === 'sent');
  if (card === undefined) return 'Its card is not posted yet.';
  return /^[CG]/.test(card.channel)
    ? `Its card stands in <#${card.channel}>.`
    : 'Its card is among my messages to you.';
}

const askedWords = ({ row }: Extract<Changed, { ok: true }>): string =>
  `Recorded: your request ${row.request.details.id} waits for its approvals. The channel shows its card.`;

/** The input that a refusal is shown on. One that is about no field stands on the first. */
function blockFor({ field }: Refusal, view: ViewOutput): string {
  const inputs = view.blocks.filter(({ type }) => type === 'input').map(({ block_id: id = '' }) => id);
  return inputs.find((id) => fieldOf(id) === field) ?? inputs[0] ?? 'incident';
}

/** The same form once more, filled in as before, for whoever asked. */
async function again(
  deps: AppDeps,
  caller: Caller,
  opening: { trigger: string; channel: string },
  requestId: string,
): Promise<string | undefined> {
  const row = await deps.store.find(requestId);
  if (row === undefined) return FORM_UNKNOWN;
  if (!row.request.details.requester.keys.includes(caller.key)) return FORM_NOT_YOURS;
  const homes = homesOf(await deps.workspace.home());
  const channel = row.request.details.channel || opening.channel;
  return openRequestForm(deps, caller, { ...opening, channel }, draftAgain(row.request, homes));
}
