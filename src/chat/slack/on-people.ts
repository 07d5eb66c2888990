import type { App } from '@slack/bolt';
import type { Dialog } from '../dialog/dialog.ts';

/** Slack says that somebody's account changed: where that can cost them their access, everybody is looked at again. */
export function onPeople(app: App, dialog: Dialog): void {
  app.event('user_change', async ({ event }) => {
    // Slack tells of every status and picture; only these can cost somebody their access.
    const { deleted, is_bot, is_restricted, is_ultra_restricted } = event.user;
    if (deleted || is_bot || is_restricted || is_ultra_restricted) await dialog.accountsChanged();
  });
}
