import type { App, BlockAction, ViewSubmitAction } from '@slack/bolt';
import type { Dialog } from '../dialog/dialog.ts';
import type { FormKind } from '../dialog/form-view.ts';
import { submitted, troubleTold } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import { callerOf, homesFor, type Origin, originOf, readerOf } from './caller.ts';
import { FORMS, fieldPicked, kindOf, PICKED } from './ids.ts';
import { formRead } from './read-form.ts';
import { formModal } from './render-form.ts';
import { refusalOf } from './web.ts';

/** The forms: choices that draw one anew, and what is sent. */
export function onForm(app: App, deps: AppDeps, dialog: Dialog): void {
  app.action<BlockAction>(PICKED, async ({ ack, body }) => {
    await ack();
    const origin = originOf(body);
    await redraw(deps, dialog, origin, body).catch((error: unknown) => troubleTold(deps, origin, error));
  });
  for (const kind of Object.keys(FORMS) as FormKind[]) {
    app.view<ViewSubmitAction>(FORMS[kind], async ({ ack, body, view }) => {
      const origin = originOf(body);
      const sent = async () => formRead(kind, view, await homesFor(deps));
      await submitted(deps, origin, { ack, kind, view }, async () =>
        dialog.submit(callerOf(deps, origin), await sent()),
      );
    });
  }
}

/** Shows what the choice means, or tells why it cannot. A choice made meanwhile is newer: it draws the form itself. */
async function redraw(deps: AppDeps, dialog: Dialog, origin: Origin, { view, actions }: BlockAction): Promise<void> {
  const kind = kindOf(view?.callback_id ?? '');
  if (view === undefined || kind === undefined) return;
  const homes = await homesFor(deps);
  const changed = fieldPicked(actions[0]?.action_id ?? '');
  const reply = await dialog.change(callerOf(deps, origin), { ...formRead(kind, view, homes), changed });
  if ('say' in reply) return readerOf(deps, origin).notify({ text: reply.say });
  if (!('update' in reply)) return;
  try {
    const next = formModal(reply.update, homes);
    await deps.workspace.client.views.update({ view_id: view.id, hash: view.hash, view: next });
  } catch (error) {
    const code = refusalOf(error);
    if (code !== 'hash_conflict' && code !== 'not_found') throw error;
  }
}
