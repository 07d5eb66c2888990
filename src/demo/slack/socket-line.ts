import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Fields, isFields, parseJson, stringOf } from './json.ts';
import type { Outcome, RequestKind } from './outcome.ts';

/** How long Slack keeps an address from `apps.connections.open` good for connecting. */
const TICKET_MS = 30_000;
const PING_MS = 10_000;
const GOODBYE_MS = 500;

/** The Socket Mode side of the workspace. https://docs.slack.dev/apis/events-api/using-socket-mode */
export class SocketLine {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Map<string, number>();
  readonly #waiting = new Map<string, (body: unknown) => void>();
  readonly #appId: () => string;

  constructor(appId: () => string) {
    this.#appId = appId;
  }

  /** A fresh single-use ticket for connecting. */
  ticket(): string {
    const ticket = randomUUID();
    this.#tickets.set(ticket, Date.now());
    return ticket;
  }

  /** How many connections the app has open. */
  count(): number {
    return this.#server.clients.size;
  }

  /** True while the app has a connection open. */
  isOpen(): boolean {
    return this.#server.clients.size > 0;
  }

  /** Takes the HTTP upgrade of a connection that holds a good ticket; cuts every other. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://local').searchParams.get('ticket') ?? '';
    const issued = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (issued === undefined || Date.now() - issued > TICKET_MS) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#greet(connection));
  }

  /** Sends one envelope over the newest connection and waits `ackMs` for its acknowledgement. */
  send(
    type: RequestKind,
    payload: Fields,
    ackMs: number,
    again: { readonly retry: number; readonly reason: string } = { retry: 0, reason: '' },
  ): Promise<Outcome> {
    const connection = [...this.#server.clients].at(-1);
    if (!connection) return Promise.resolve({ ok: false, why: 'unreachable' });
    const envelope_id = randomUUID();
    const envelope = {
      envelope_id,
      type,
      accepts_response_payload: type !== 'events_api',
      payload,
      ...(type === 'events_api' ? { retry_attempt: again.retry, retry_reason: again.reason } : {}),
    };
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(envelope_id);
        resolve({ ok: false, why: 'timeout' });
      }, ackMs);
      this.#waiting.set(envelope_id, (body) => {
        clearTimeout(timer);
        this.#waiting.delete(envelope_id);
        resolve({ ok: true, body });
      });
      connection.send(JSON.stringify(envelope));
    });
  }

  /** Sends any text over every connection. */
  sendRaw(text: string): void {
    for (const connection of this.#server.clients) connection.send(text);
  }

  /** Asks every connection to come back, as Slack does when it renews its servers. */
  recycle(): void {
    for (const connection of this.#server.clients)
      connection.send(
        JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'local' } }),
      );
  }

  /** Says goodbye to every connection, and cuts those that do not answer. */
  close(): void {
    for (const connection of this.#server.clients) {
      connection.close(1001);
      setTimeout(() => connection.terminate(), GOODBYE_MS).unref();
    }
    this.#server.close();
  }

  #greet(connection: WebSocket): void {
    const ping = setInterval(() => connection.ping(), PING_MS);
    ping.unref();
    connection.on('close', () => clearInterval(ping));
    connection.on('error', () => connection.terminate());
    connection.on('message', (raw: Buffer) => this.#acknowledged(raw.toString()));
    connection.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#server.clients.size,
        debug_info: {
          host: 'local',
          started: new Date().toISOString(),
          build_number: 1,
          approximate_connection_time: 3600,
        },
        connection_info: { app_id: this.#appId() },
      }),
    );
  }

  #acknowledged(text: string): void {
    const parsed = parseJson(text);
    if (!parsed.ok || !isFields(parsed.value)) return;
    const { envelope_id, payload } = parsed.value;
    const answer = isFields(payload) && Object.keys(payload).length === 0 ? '' : payload;
    this.#waiting.get(stringOf(envelope_id) ?? '')?.(answer ?? '');
  }
}
