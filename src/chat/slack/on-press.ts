import type { App, BlockAction } from '@slack/bolt';
import type { Dialog } from '../dialog/dialog.ts';
import type { Press } from '../dialog/press.ts';
import { answered } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import { callerOf, originOf } from './caller.ts';
import { digestOfButtons, PRESS_IDS } from './ids.ts';

/** Every button of ours. What it means is in its action id and its value; the rest of the message is never read. */
export function onPress(app: App, deps: AppDeps, dialog: Dialog): void {
  for (const action of Object.keys(PRESS_IDS) as Press['action'][]) {
    app.action<BlockAction>(PRESS_IDS[action], async ({ ack, body, respond }) => {
      await ack();
      const origin = { ...originOf(body, respond), trigger: body.trigger_id };
      const caller = callerOf(deps, { ...origin, channel: body.channel?.id });
      await answered(deps, origin, () => dialog.press(caller, { ...pressOf(body), action }));
    });
  }
}

function pressOf({ actions, container }: BlockAction): Omit<Press, 'action'> {
  const [pressed] = actions;
  const { channel_id: place, message_ts: message } = container as { channel_id?: unknown; message_ts?: unknown };
  return {
    value: pressed?.type === 'button' ? (pressed.value ?? '') : '',
    at: typeof place === 'string' && typeof message === 'string' ? { chat: 'slack', place, message } : undefined,
    digest: digestOfButtons(pressed?.block_id),
  };
}
