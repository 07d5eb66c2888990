import type { App, BlockAction, ViewOutput, ViewSubmitAction } from '@slack/bolt';
import { ulid } from 'ulid';
import { actionsIn } from '../../core/request/actions.ts';
import { cardOf } from '../words/card.ts';
import { refusalWords } from '../words/words.ts';
import { answer } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { ATTEST_BLOCK, attestModal } from './attest-modal.ts';
import { type Caller, callerOf, guardedFor, originOf } from './caller.ts';
import { saidModal } from './decision-modals.ts';
import { ACTION_IDS, FORMS } from './ids.ts';
import { openView } from './open-view.ts';
import { formOf, type Submitted, submit, used } from './submission.ts';
import { homesOf } from './workspace.ts';

const TITLE = 'Attest the ending';

/** The button on a red card, and the form in which a security person says how they know that the access ended. */
export function onAttest(app: App, deps: AppDeps): void {
  app.action<BlockAction>(ACTION_IDS.attest, async ({ ack, body, respond }) => {
    await ack();
    await guardedFor(deps, originOf(body, respond), (caller) => open(deps, caller, body));
  });
  app.view<ViewSubmitAction>(FORMS.attest, async ({ ack, body, view }) => {
    const origin = originOf(body);
    await submit(deps, origin, ack, TITLE, async () => attested(deps, await callerOf(deps, origin), view));
  });
}

/** The form says what it means before anything counts; who may send it is decided when it is sent. */
async function open(deps: AppDeps, caller: Caller, body: BlockAction): Promise<string | undefined> {
  const [pressed] = body.actions;
  const requestId = pressed?.type === 'button' ? (pressed.value ?? '') : '';
  const [row, frozen, home] = await Promise.all([
    deps.store.find(requestId),
    deps.store.freeze(),
    deps.workspace.home(),
  ]);
  if (row === undefined) return refusalWords('unknown_request');
  const { request } = row;
  if (!actionsIn(request).includes('attest')) return refusalWords('not_in_this_state', { state: request.state });
  const id = ulid();
  const card = cardOf(await deps.broker.view(row));
  const channel = body.channel?.id ?? '';
  await Promise.all([
    deps.store.chat.openForm({ id, kind: 'attest', key: caller.key, requestId, digest: card.digest, channel }),
    openView(deps.workspace, body.trigger_id, attestModal(id, card, homesOf(home), frozen)),
  ]);
  return undefined;
}

async function attested(deps: AppDeps, caller: Caller, view: ViewOutput): Promise<Submitted> {
  const form = await formOf(deps, [caller.key], view.private_metadata, 'attest');
  if ('said' in form) return form;
  const statement = Object.values(view.state.values[ATTEST_BLOCK] ?? {})[0]?.value ?? '';
  const changed = await deps.broker.attest(form.requestId, caller.actor, statement);
  if (changed.ok) {
    await used(deps, form.id);
    return { said: 'Your word is recorded. The card shows what is still needed.' };
  }
  const said = answer(changed.refusal);
  if (changed.refusal.code === 'bad_statement') {
    return { said, response: { response_action: 'errors', errors: { [ATTEST_BLOCK]: said } } };
  }
  return { said, response: { response_action: 'update', view: saidModal(TITLE, said) } };
}
