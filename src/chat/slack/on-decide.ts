import { setTimeout as wait } from 'node:timers/promises';
import type { App, BlockAction, ViewOutput, ViewSubmitAction } from '@slack/bolt';
import { ulid } from 'ulid';
import { Failure } from '../../core/failure.ts';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { Action } from '../../core/request/actions.ts';
import { actionsIn } from '../../core/request/actions.ts';
import { digestShown } from '../../core/request/extension.ts';
import type { Row } from '../../core/request/work.ts';
import type { MessageRef } from '../../ports/chat-memory.ts';
import type { Changed } from '../../ports/store.ts';
import { adoptCopy } from '../deliver/adopt-copy.ts';
import { cardOf } from '../words/card.ts';
import { oneLine } from '../words/phrase.ts';
import { NOT_A_CARD, refusalWords } from '../words/words.ts';
import { answer, othersWords } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, callerOf, endedBy, guarded, keysToEnd, type Origin, originOf, readerOf } from './caller.ts';
import { approveModal, DENY_BLOCK, DENY_REASON_MAX, denyModal, saidModal } from './decision-modals.ts';
import { ACTION_IDS, digestOfButtons, FORMS } from './ids.ts';
import { openView } from './open-view.ts';
import { formOf, type Submitted, submit, used } from './submission.ts';
import { CALL_MS } from './web.ts';
import { homesOf } from './workspace.ts';

/** A click on a card: on what, where. */
interface Click {
  readonly requestId: string;
  readonly body: BlockAction;
}

/** The buttons of a card and the two forms behind them. */
export function onDecide(app: App, deps: AppDeps): void {
  const on = (action: Action, work: (click: Click, origin: Origin) => Promise<string | undefined>) =>
    app.action<BlockAction>(ACTION_IDS[action], async ({ ack, body, respond }) => {
      await ack();
      const origin = originOf(body, respond);
      const [pressed] = body.actions;
      const requestId = pressed?.type === 'button' ? (pressed.value ?? '') : '';
      await guarded(deps, readerOf(deps, origin), () => work({ requestId, body }, origin));
    });
  on('approve', async (click, origin) => approve(deps, await callerOf(deps, origin), click));
  // What takes away asks Slack nothing about the person: whoever may not is refused by the row.
  on('deny', (click, origin) => openDeny(deps, origin, click));
  on('withdraw', async ({ requestId }, origin) =>
    refusedWords(deps, await endedBy(deps, origin, (actor) => deps.broker.withdraw(requestId, actor)), 'withdraw'),
  );
  on('end', async ({ requestId }, origin) =>
    refusedWords(deps, await endedBy(deps, origin, (actor) => deps.broker.end(requestId, actor)), 'end'),
  );
  app.view<ViewSubmitAction>(FORMS.approve, async ({ ack, body, view }) => {
    const origin = originOf(body);
    await submit(deps, origin, ack, 'Approve access', async () => approved(deps, await callerOf(deps, origin), view));
  });
  app.view<ViewSubmitAction>(FORMS.deny, async ({ ack, body, view }) => {
    const origin = originOf(body);
    await submit(deps, origin, ack, 'Deny access', () => denied(deps, origin, view));
  });
}

/**
 * An opening click counts only on a message that is stored as this request's card or a copy of it, and for what the
 * newest drawing of it shows. The message itself is never read: anybody's app could have drawn it.
 */
async function cardClicked(deps: AppDeps, caller: Caller, { body, requestId }: Click): Promise<Clicked | undefined> {
  const { channel_id: channel, message_ts: ts } = body.container as { channel_id?: unknown; message_ts?: unknown };
  if (typeof channel !== 'string' || typeof ts !== 'string') return undefined;
  const ref =
    (await storedCard(deps.store, { channel, ts, requestId })) ??
    (await adoptCopy(deps, caller.key, requestId, { chat: deps.chat.name, place: channel, message: ts }));
  const digest = digestOfButtons(body.actions[0]?.block_id);
  if (ref?.requestId !== requestId || digest === undefined) return undefined;
  return { digest, older: digest !== ref.digest };
}

/** What was shown where the click came from, and whether something else is drawn there by now. */
interface Clicked {
  readonly digest: string;
  readonly older: boolean;
}

/**
 * A click can come before the answer of Slack that tells us where the card stands. While a card of this request is
 * being sent to that channel, its place is waited for, as long as Slack may take to say it.
 */
async function storedCard(
  { chat }: AppDeps['store'],
  { channel, ts, requestId }: { channel: string; ts: string; requestId: string },
): Promise<MessageRef | undefined> {
  for (let poll = 0; ; poll++) {
    const ref = await chat.cardAt(channel, ts);
    if (ref !== undefined || poll * POLL_MS >= CALL_MS) return ref;
    const refs = await chat.refs(requestId);
    const underWay = refs.some((one) => one.channel === channel && one.state === 'sending' && one.seq === 0);
    if (!underWay) return chat.cardAt(channel, ts);
    await wait(POLL_MS);
  }
}
const POLL_MS = 100;

/** Zone A and B: the click is the decision. Zone C: it opens the form whose submission is. */
async function approve(deps: AppDeps, caller: Caller, click: Click): Promise<string | undefined> {
  const { requestId } = click;
  // Read once, beside the card: the decision's own transaction reads it again.
  const [clicked, row] = await Promise.all([cardClicked(deps, caller, click), deps.store.find(requestId)]);
  if (clicked === undefined) return NOT_A_CARD;
  if (row === undefined) return refusalWords('unknown_request');
  if (clicked.older) {
    return refusedWords(deps, { ok: false, refusal: { code: 'look_again' }, row }, 'approve');
  }
  if (row.request.details.terms.role.zone !== 'C') {
    return refusedWords(deps, await deps.broker.approve(requestId, caller.actor, clicked.digest, row), 'approve');
  }
  if (!actionsIn(row.request).includes('approve')) return tooLate(row);
  const [seen, home, frozen] = await Promise.all([deps.broker.view(row), deps.workspace.home(), deps.store.freeze()]);
  const card = cardOf(seen);
  const view = (id: string) => approveModal(id, card, homesOf(home), frozen);
  return openForm(deps, click, 'approve', { key: caller.key, digest: card.digest, view });
}

const tooLate = (row: Row): string => refusalWords('not_in_this_state', { state: row.request.state });

async function openDeny(deps: AppDeps, origin: Origin, click: Click): Promise<string | undefined> {
  const [row, frozen] = await Promise.all([deps.store.find(click.requestId), deps.store.freeze()]);
  if (row === undefined) return refusalWords('unknown_request');
  if (!actionsIn(row.request).includes('deny')) return tooLate(row);
  const name = oneLine(row.request.details.terms.role.name, 60);
  const closes =
    row.request.state === 'pending'
      ? `Denying closes the request for ${name} at once, for everybody.`
      : `Denying says no to more time on ${name}, for everybody. The access goes on to the end that it has.`;
  const digest = digestShown(row.request);
  const view = (id: string) => denyModal(id, closes, frozen);
  const [key] = await keysToEnd(deps, origin);
  try {
    return await openForm(deps, click, 'deny', { key, digest, view });
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'FORM_NOT_OPENED')) throw error;
    return `${error.say} Without a form: type /breakglass deny ${click.requestId} and why.`;
  }
}

async function openForm(
  { store, workspace }: AppDeps,
  { requestId, body }: Click,
  kind: 'approve' | 'deny',
  { key, digest, view }: { key: ChatKey; digest: string; view: (id: string) => ReturnType<typeof denyModal> },
): Promise<undefined> {
  const id = ulid();
  const channel = body.channel?.id ?? '';
  await Promise.all([
    store.chat.openForm({ id, kind, key, requestId, digest, channel }),
    openView(workspace, body.trigger_id, view(id)),
  ]);
}

/** What came of a click, said only where it did not work: the card shows the rest. */
async function refusedWords(deps: AppDeps, changed: Changed, action: Action): Promise<string | undefined> {
  if (changed.ok) return undefined;
  if (changed.refusal.code === 'look_again' && changed.row) await deps.announce.redraw(changed.row, deps.broker.view);
  return `${answer(changed.refusal)}${await othersWords(deps, changed, action)}`;
}

async function approved(deps: AppDeps, caller: Caller, view: ViewOutput): Promise<Submitted> {
  const form = await formOf(deps, [caller.key], view.private_metadata, 'approve');
  if ('said' in form) return form;
  const changed = await deps.broker.approve(form.requestId, caller.actor, form.digest);
  return decided(deps, form.id, changed, 'approve', 'Your approval is recorded.');
}

async function denied(deps: AppDeps, origin: Origin, view: ViewOutput): Promise<Submitted> {
  const form = await formOf(deps, await keysToEnd(deps, origin), view.private_metadata, 'deny');
  if ('said' in form) return form;
  const reason = oneLine(Object.values(view.state.values[DENY_BLOCK] ?? {})[0]?.value ?? '', DENY_REASON_MAX);
  if (reason === '') {
    const said = 'Say why, in at most 500 characters: the requester reads it.';
    return { said, response: { response_action: 'errors', errors: { [DENY_BLOCK]: said } } };
  }
  const changed = await endedBy(deps, origin, (actor) => deps.broker.deny(form.requestId, actor, reason, form.digest));
  return decided(deps, form.id, changed, 'deny', 'Your denial is recorded.');
}

async function decided(
  deps: AppDeps,
  formId: string,
  changed: Changed,
  action: 'approve' | 'deny',
  yes: string,
): Promise<Submitted> {
  const refused = await refusedWords(deps, changed, action);
  if (refused === undefined) {
    await used(deps, formId);
    return { said: yes };
  }
  const title = action === 'approve' ? 'Approve access' : 'Deny access';
  return { said: refused, response: { response_action: 'update', view: saidModal(title, refused) } };
}
