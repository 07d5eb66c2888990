import type { Logger } from '../../ports/logger.ts';
import type { AppDeps } from './app-deps.ts';
import { slackChat } from './chat.ts';
import { refusal, refusesUs } from './refused-us.ts';
import type { SlackSettings } from './web.ts';
import { slackWorkspace } from './workspace.ts';

/** Slack's Web API where no setting names another. */
const API = 'https://slack.com/api/';

/**
 * One Slack workspace: asks it nothing yet. Bolt, which takes a second to load, is loaded by `hear`, for whoever answers
 * people.
 */
export function openSlack(settings: SlackSettings, logger: Logger) {
  const workspace = slackWorkspace(settings, logger);
  const chat = slackChat(workspace, logger);
  return {
    chat,
    accounts: workspace,
    endpoints: [settings.apiUrl ?? API],
    trouble: () => refusal(workspace),
    refusesUs: (error: unknown) => refusesUs(error) !== undefined,
    hear: async (deps: Omit<AppDeps, 'workspace' | 'chat' | 'answerMs'>) => {
      const { slackApp, SLACK_PATH } = await import('./app.ts');
      const { warmUp } = await import('./warm-up.ts');
      const app = slackApp({ ...deps, workspace, chat });
      const { directory, capabilities, store } = deps;
      const listener = app.requestListener;
      return {
        ...app,
        routes: listener === undefined ? {} : { [SLACK_PATH]: listener },
        warmUp: async () => {
          await warmUp({ directory, capabilities, store });
        },
      };
    },
  };
}
