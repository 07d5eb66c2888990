import bolt, { type AckFn, type App } from '@slack/bolt';
import { keepTrying, type Trying } from '../../keep-trying.ts';
import type { Logger } from '../../ports/logger.ts';
import { isOtherEvent, payloadOf } from './payload.ts';
import { refusesUs } from './refused-us.ts';
import { turnedAwayLog } from './turned-away.ts';
import { clientOptions, type SlackSettings, slackLogger } from './web.ts';

/** Time between two tries to connect again, in milliseconds. */
const AGAIN_MS = 5_000;

/** What Slack's client for Socket Mode makes of an envelope. */
interface Received {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly ack: (answer?: unknown) => Promise<void>;
}

/** An envelope that is only acknowledged: Slack would send again what it hears nothing of. */
const DROPPED = 'dropped';
const HEARD: ReadonlySet<unknown> = new Set(['slash_commands', 'interactive', 'events_api']);

/**
 * Receives over Socket Mode, and connects anew whenever a connection that stood has ended; Slack ends each after some
 * hours. Bolt does so by itself, but where Slack then gives it no address it rejects with nobody listening, and that ends
 * the process, endings and all. So does its client at an envelope without the fields that it reads: each is checked first.
 */
export class SocketReceiver extends bolt.SocketModeReceiver {
  #stands = false;
  #stopped = false;
  #trying: Trying<unknown> | undefined;
  #app: App | undefined;
  #refused: string | undefined;

  constructor(settings: SlackSettings, appToken: string, logger: Logger) {
    super({
      appToken,
      ...(settings.dispatcher && { dispatcher: settings.dispatcher }),
      autoReconnectEnabled: false,
      logger: slackLogger(logger),
      // A copy of its own: Socket Mode's client changes what it is given.
      installerOptions: { clientOptions: clientOptions(settings, logger) },
    });
    this.#checkFirst(logger);
    const connect = () => this.start();
    this.client.on('connected', () => {
      this.#stands = true;
      this.#refused = undefined;
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

  override init(app: App): void {
    super.init(app);
    this.#app = app;
  }

  /** Why nothing that people do is heard, or undefined while a connection stands. */
  trouble(): string | undefined {
    if (this.#stands) return undefined;
    if (this.#refused === undefined) return 'No Socket Mode connection to Slack stands.';
    return `Slack refuses SLACK_APP_TOKEN (${this.#refused}).`;
  }

  override async start(): ReturnType<bolt.SocketModeReceiver['start']> {
    const connected = await super.start().catch((error: unknown) => {
      this.#refused = refusesUs(error);
      throw error;
    });
    if (this.#stopped) await super.stop();
    return connected;
  }

  override async stop(): Promise<void> {
    this.#stopped = true;
    this.#trying?.stop();
    await super.stop();
  }

  /** Puts our check before the client's own reading of a message, and our hearing in the place of Bolt's. */
  #checkFirst(logger: Logger): void {
    const turnedAway = turnedAwayLog(logger);
    const turnAway = () => turnedAway('malformed', 'over Socket Mode');
    const broke = (error: unknown) => logger.error({ why: String(error) }, 'a request from Slack was not handled');
    const { client } = this;
    const readers = client.listeners('ws_message') as ((text: string, isBinary: boolean) => Promise<void>)[];
    client.removeAllListeners('ws_message');
    client.on('ws_message', (text: unknown) => {
      const checked = checkedEnvelope(text, turnAway);
      if (checked !== undefined) for (const read of readers) read(checked, false).catch(broke);
    });
    client.removeAllListeners('slack_event');
    client.on('slack_event', ({ type, body, ack }: Received) => this.#hear(type, body, ack).catch(broke));
  }

  async #hear(type: string, body: Received['body'], ack: Received['ack']): Promise<void> {
    let acknowledged = false;
    const once: AckFn<unknown> = async (answer) => {
      if (acknowledged) return;
      acknowledged = true;
      await ack(answer);
    };
    if (type === DROPPED) return once();
    await this.#app?.processEvent({ body: { ...body }, ack: once });
  }
}

/** A message of the connection with nothing in it that was not checked; undefined for what is no envelope at all. */
function checkedEnvelope(text: unknown, turnAway: () => void): string | undefined {
  let envelope: Readonly<Record<string, unknown>>;
  try {
    envelope = Object(JSON.parse(String(text)));
  } catch {
    turnAway();
    return undefined;
  }
  const { type, reason, envelope_id, payload } = envelope;
  if (type === 'hello') return JSON.stringify({ type });
  if (type === 'disconnect') return JSON.stringify({ type, reason });
  if (typeof envelope_id !== 'string') {
    turnAway();
    return undefined;
  }
  const dropped = JSON.stringify({ type: DROPPED, envelope_id, payload: {} });
  if (HEARD.has(type) && isOtherEvent(payload)) return dropped;
  const read = HEARD.has(type) ? payloadOf(payload) : undefined;
  if (read === undefined || (type === 'events_api') !== (read.type === 'event_callback')) {
    turnAway();
    return dropped;
  }
  return JSON.stringify({ type, envelope_id, payload: read });
}
