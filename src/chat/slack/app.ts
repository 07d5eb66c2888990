import type { RequestListener } from 'node:http';
import bolt from '@slack/bolt';
import type { AppDeps } from './app-deps.ts';
import { onAttest } from './on-attest.ts';
import { onCommand } from './on-command.ts';
import { onDecide } from './on-decide.ts';
import { onExtend } from './on-extend.ts';
import { onForm } from './on-form.ts';
import { onFreeze } from './on-freeze.ts';
import { onPeople } from './on-people.ts';
import { SocketReceiver } from './socket.ts';
import { clientOptions, slackLogger } from './web.ts';

/** Where Slack sends everything over HTTP: commands, interactions and events alike. */
export const SLACK_PATH = '/slack/events';

/** The bot: hears what people do in Slack and turns it into commands. */
export interface SlackApp {
  /** To be mounted at {@link SLACK_PATH}; undefined in Socket Mode. Throws at once on any other path, and at all but POST. */
  readonly requestListener: RequestListener | undefined;
  /** Asks Slack who we are and, in Socket Mode, connects. Rejects when Slack does not answer. */
  start(): Promise<void>;
  /** Lets go of the connection and waits for what was begun. */
  stop(): Promise<void>;
}

/**
 * Builds the Bolt app: over HTTP with the signing secret, or in Socket Mode where there is an app token.
 * Both check who sends: HTTP by Slack's signature, not older than 5 minutes; Socket Mode by the connection itself.
 */
export function slackApp(deps: AppDeps): SlackApp {
  const { settings } = deps.workspace;
  const logger = slackLogger(deps.logger);
  const http = settings.appToken === undefined ? httpReceiver(deps) : undefined;
  const receiver = http ?? new SocketReceiver(settings, settings.appToken ?? '', deps.logger);
  const app = new bolt.App({
    token: settings.botToken,
    receiver,
    deferInitialization: true,
    logger,
    clientOptions: clientOptions(settings, deps.logger),
  });
  const running = new Set<Promise<unknown>>();
  app.use(async (args) => {
    // A click for another app would not be signed for us; should one come all the same, it is dropped.
    const { api_app_id: sentFor } = args.body as { readonly api_app_id?: unknown };
    if (sentFor !== settings.appId) {
      deps.logger.error({ sentFor }, 'Slack sent something for another app; SLACK_APP_ID may be wrong');
      if ('ack' in args && typeof args.ack === 'function') await args.ack();
      return;
    }
    const work = args.next();
    running.add(work);
    await work.finally(() => running.delete(work));
  });
  onCommand(app, deps);
  onForm(app, deps);
  onDecide(app, deps);
  onAttest(app, deps);
  onExtend(app, deps);
  onFreeze(app, deps);
  onPeople(app, deps);
  app.error(async (error) => deps.logger.error({ why: error.message }, 'a request from Slack was not handled'));
  return {
    requestListener: http?.requestListener,
    start: async () => {
      await deps.workspace.home();
      await app.init();
      if (http === undefined) await app.start();
    },
    stop: async () => {
      if (http === undefined) await app.stop();
      await Promise.allSettled(running);
    },
  };
}

function httpReceiver({ workspace: { settings }, logger }: AppDeps) {
  const { signingSecret } = settings;
  // Without a secret anybody could sign.
  if (!signingSecret) throw new Error('Slack over HTTP needs SLACK_SIGNING_SECRET; Socket Mode needs SLACK_APP_TOKEN.');
  return new bolt.HTTPReceiver({ signingSecret, endpoints: SLACK_PATH, logger: slackLogger(logger) });
}
