import type { AllMiddlewareArgs, AnyMiddlewareArgs } from '@slack/bolt';
import { page } from '../dialog/form-view.ts';
import { isHeardWhileStarting } from '../dialog/heard.ts';
import { FORM_WORDS } from '../words/form-words.ts';
import { STARTING } from '../words/words.ts';
import type { AppDeps } from './app-deps.ts';
import { readerOf } from './caller.ts';
import { deedOf, type Payload } from './payload.ts';
import { sayMessage } from './render.ts';
import { formModal } from './render-form.ts';

/**
 * Until Slack said in this process who we are, whatever could open something is answered in words and nothing is done;
 * what ends is heard as soon as we know it from an earlier start. A click that is only acknowledged would be lost, and
 * nobody would know.
 */
export async function whileStarting(deps: AppDeps, args: AnyMiddlewareArgs & AllMiddlewareArgs): Promise<void> {
  const { workspace } = deps;
  const body = args.body as unknown as Payload;
  const deed = deedOf(body);
  const mayBe = deed !== undefined && isHeardWhileStarting(deed);
  const heard = workspace.isConfirmed() || (workspace.known() !== undefined && mayBe);
  // Events are about people, not by them: what follows from one only ever ends.
  if (heard || !('ack' in args) || typeof args.ack !== 'function') return args.next();
  const ack = args.ack as (answer?: unknown) => Promise<void>;
  if ('command' in body) return ack({ ...sayMessage(STARTING), response_type: 'ephemeral' });
  if (body.type === 'view_submission') return ack(refusedForm(body));
  await ack();
  const { id: user } = body.user as { readonly id: string };
  const respond = 'respond' in args && body.response_url !== undefined ? args.respond : undefined;
  if (body.type === 'block_actions')
    await readerOf(deps, { user, team: undefined, respond }).notify({ text: STARTING });
}

/** Beside a field, so that what was typed stays and can be sent again; a form without fields gets a page on top. */
function refusedForm({ view }: Payload): object {
  const { blocks } = view as { readonly blocks: readonly { readonly type: string; readonly block_id?: string }[] };
  const field = blocks.find(({ type, block_id: id }) => type === 'input' && id !== undefined)?.block_id;
  return field === undefined
    ? { response_action: 'push', view: formModal(page(FORM_WORDS.request.title, STARTING), []) }
    : { response_action: 'errors', errors: { [field]: STARTING } };
}
