import type { RequestListener } from 'node:http';
import bolt from '@slack/bolt';
import { dialog } from '../dialog/dialog.ts';
import type { AppDeps } from './app-deps.ts';
import { HttpReceiver } from './http.ts';
import { greet, recall } from './identity.ts';
import { onCommand } from './on-command.ts';
import { onForm } from './on-form.ts';
import { onPeople } from './on-people.ts';
import { onPress } from './on-press.ts';
import { refusal } from './refused-us.ts';
import { SocketReceiver } from './socket.ts';
import { whileStarting } from './starting.ts';
import { turnedAwayLog } from './turned-away.ts';
import { clientOptions, slackLogger } from './web.ts';

/** Where Slack sends everything over HTTP: commands, interactions and events alike. */
export const SLACK_PATH = '/slack/events';

/** The bot: hears what people do in Slack and turns it into commands. */
export interface SlackApp {
  /** To be mounted at {@link SLACK_PATH}; undefined in Socket Mode. Throws at once at all but POST. */
  readonly requestListener: RequestListener | undefined;
  /** Reads what Slack said of us at an earlier start, so that endings are heard from the first request on. */
  recall(): Promise<void>;
  /**
   * Asks Slack who we are and, in Socket Mode, connects; neither waits for the other. Rejects when Slack does not answer:
   * to be called again then.
   */
  start(): Promise<void>;
  /**
   * Rejects while nothing at all could be heard, not even an ending: its message says why. In Socket Mode that is until a
   * connection stood in this process; one that ended is made again.
   */
  ready(): Promise<void>;
  /**
   * Why Slack takes nothing from us, or brings us nothing that people do; undefined where it does both. Rejects when it
   * does not answer.
   */
  trouble(): Promise<string | undefined>;
  /** Lets go of the connection and waits for what was begun. */
  stop(): Promise<void>;
}

/**
 * Builds the Bolt app: over HTTP with the signing secret, or in Socket Mode where there is an app token.
 * Both check who sends: HTTP by Slack's signature, not older than 5 minutes; Socket Mode by the connection itself.
 */
export function slackApp(deps: AppDeps): SlackApp {
  const { workspace, logger } = deps;
  const { settings } = workspace;
  const http = settings.appToken === undefined ? httpReceiver(deps) : undefined;
  const receiver = http ?? new SocketReceiver(settings, settings.appToken ?? '', logger);
  const app = new bolt.App({
    receiver,
    // Bolt asks Slack who we are before it hears anything, and drops with an empty 200 what comes until then. Nothing of
    // ours goes through its clients, so it is given no token, and need know nobody.
    authorize: async () => ({}),
    ignoreSelf: false,
    convoStore: false,
    logger: slackLogger(logger),
    clientOptions: clientOptions(settings, logger),
  });
  const running = new Set<Promise<unknown>>();
  const turnedAway = turnedAwayLog(logger);
  app.use(async (args) => {
    // A click for another app would not be signed for us; should one come all the same, it is dropped.
    const { api_app_id: sentFor } = args.body as { readonly api_app_id?: unknown };
    if (sentFor !== settings.appId) {
      turnedAway('other_app', String(sentFor));
      if ('ack' in args && typeof args.ack === 'function') await args.ack();
      return;
    }
    const work = whileStarting(deps, args);
    running.add(work);
    await work.finally(() => running.delete(work));
  });
  const dialogs = dialog(deps);
  onCommand(app, deps, dialogs);
  onPress(app, deps, dialogs);
  onForm(app, deps, dialogs);
  onPeople(app, dialogs);
  app.error(async (error) => logger.error({ why: error.message }, 'a request from Slack was not handled'));
  let connected = http !== undefined;
  const connect = async (): Promise<void> => {
    if (connected) return;
    await app.start();
    connected = true;
  };
  return {
    requestListener: http?.requestListener,
    recall: () => recall(deps),
    start: async () => {
      await recall(deps);
      const tried = await Promise.allSettled([greet(deps), connect()]);
      for (const one of tried) if (one.status === 'rejected') throw one.reason;
    },
    ready: async () => {
      if (workspace.known() === undefined) throw new Error('Slack has not said yet who we are');
      if (!connected) throw new Error('no Socket Mode connection to Slack has stood yet');
    },
    trouble: async () =>
      (await refusal(workspace)) ?? (receiver instanceof SocketReceiver ? receiver.trouble() : undefined),
    stop: async () => {
      if (http === undefined) await app.stop();
      await Promise.allSettled(running);
    },
  };
}

function httpReceiver({ workspace: { settings }, logger }: AppDeps): HttpReceiver {
  const { signingSecret } = settings;
  // Without a secret anybody could sign.
  if (!signingSecret) throw new Error('Slack over HTTP needs SLACK_SIGNING_SECRET; Socket Mode needs SLACK_APP_TOKEN.');
  return new HttpReceiver(signingSecret, logger);
}
