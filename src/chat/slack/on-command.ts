import type { App } from '@slack/bolt';
import type { Dialog } from '../dialog/dialog.ts';
import { answered } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import { callerOf } from './caller.ts';
import { COMMAND } from './ids.ts';
import { unescaped } from './text.ts';

/** `/breakglass` and its sub-commands. Acknowledged before anything else is done. */
export function onCommand(app: App, deps: AppDeps, dialog: Dialog): void {
  app.command(COMMAND, async ({ ack, command, respond }) => {
    await ack();
    const { user_id: user, team_id: team, channel_id: channel, trigger_id: trigger } = command;
    const origin = { user, team, respond, channel };
    const typed = { text: unescaped(command.text), delivery: trigger };
    await answered(deps, { ...origin, trigger }, () => dialog.command(callerOf(deps, origin), typed));
  });
}
