import bolt from '@slack/bolt';
import { keepTrying, type Trying } from '../../keep-trying.ts';
import type { Logger } from '../../ports/logger.ts';
import { clientOptions, type SlackSettings, slackLogger } from './web.ts';

/** Time between two tries to connect again, in milliseconds. */
const AGAIN_MS = 5_000;

/**
 * Receives over Socket Mode, and connects anew whenever a connection that stood has ended; Slack ends each after some
 * hours. Bolt does so by itself, but where Slack then gives it no address it rejects with nobody listening, and that ends
 * the process, endings and all.
 */
export class SocketReceiver extends bolt.SocketModeReceiver {
  #stands = false;
  #stopped = false;
  #trying: Trying<unknown> | undefined;

  constructor(settings: SlackSettings, appToken: string, logger: Logger) {
    super({
      appToken,
      autoReconnectEnabled: false,
      logger: slackLogger(logger),
      // A copy of its own: Socket Mode's client changes what it is given.
      installerOptions: { clientOptions: clientOptions(settings, logger) },
    });
    const connect = () => this.start();
    this.client.on('connected', () => {
      this.#stands = true;
    });
    this.client.on('disconnected', () => {
      // One that never stood rejects to whoever asked for it.
      if (!this.#stands) return;
      this.#stands = false;
      if (this.#stopped) return;
      this.#trying = keepTrying(connect, AGAIN_MS, (error) =>
        logger.error({ why: String(error) }, 'Slack takes no connection; endings go on, and it is tried again'),
      );
    });
  }

  override async start(): ReturnType<bolt.SocketModeReceiver['start']> {
    const connected = await super.start();
    if (this.#stopped) await super.stop();
    return connected;
  }

  override async stop(): Promise<void> {
    this.#stopped = true;
    this.#trying?.stop();
    await super.stop();
  }
}
