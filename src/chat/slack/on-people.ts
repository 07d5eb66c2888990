import type { App } from '@slack/bolt';
import type { AppDeps } from './app-deps.ts';

/**
 * Slack says that somebody's account changed: everybody who holds access is looked at again, now. An organisation that
 * changes many people at once causes one more look, not one for each.
 */
export function onPeople(app: App, deps: AppDeps): void {
  let running: Promise<void> | undefined;
  let again = false;
  const watch = async (): Promise<void> => {
    do {
      again = false;
      try {
        await deps.broker.watchPeople();
      } catch (error) {
        deps.logger.warn({ why: String(error) }, 'people could not be looked at after a change; the sweep will');
      }
    } while (again);
  };
  app.event('user_change', async ({ event }) => {
    // Slack tells of every status and picture; only these can cost somebody their access.
    const { deleted, is_bot, is_restricted, is_ultra_restricted } = event.user;
    if (!deleted && !is_bot && !is_restricted && !is_ultra_restricted) return;
    if (running) again = true;
    running ??= watch().finally(() => {
      running = undefined;
    });
    await running;
  });
}
