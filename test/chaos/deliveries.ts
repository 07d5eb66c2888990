import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from './random.ts';

/** What becomes of a delivery: lost on the way, or its answer is; late, so that others overtake it; or there twice. */
export const FATES = ['delivery_lost', 'delivery_answer_lost', 'delivery_late', 'delivery_twice'] as const;
export type Fate = (typeof FATES)[number];

/** Something that somebody did in Slack, as it reached the product. */
export interface Arrived {
  readonly at: number;
  readonly user: string;
  /** The command, the action id of the button, or the callback id of the form. */
  readonly what: string;
  /** The text of a command, the value of a button, the purpose or reason typed into a form. */
  readonly about: string;
  /** The app answered in time, and its answer closed the form. */
  accepted: boolean;
}

interface Raw {
  readonly headers: IncomingMessage['headers'];
  readonly path: string;
  readonly body: string;
}

const SENT_KEPT = 40;
/** Longer than the app may take to answer, all in all. */
const ANSWER_MS = 10_000;

/** Between Slack and the web process: the address that Slack knows never changes, whoever listens behind it. */
export class Deliveries {
  readonly arrived: Arrived[] = [];
  readonly #random: Random;
  readonly #fates: Fate[] = [];
  readonly #sent = new Map<string, Raw[]>();
  #target: string | undefined;
  readonly #server = createServer((incoming, response) => {
    this.#take(incoming, response).catch(() => response.destroy());
  });

  constructor(random: Random) {
    this.#random = random;
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/slack/events`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Who answers from now on; nobody, when undefined. */
  aim(url: string | undefined): void {
    this.#target = url;
  }

  /** The next deliveries meet this. */
  arm(fate: Fate, times: number): void {
    for (let time = 0; time < times; time += 1) this.#fates.push(fate);
  }

  clear(): void {
    this.#fates.length = 0;
  }

  /** Sends one of the last things that this person did once more, as it was: signature, time stamp and all. */
  async replay(user: string, random: Random): Promise<boolean> {
    const raws = this.#sent.get(user) ?? [];
    if (raws.length === 0) return false;
    await this.#forward(random.pick(raws)).catch(() => undefined);
    return true;
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(Buffer.from(part));
    const raw: Raw = {
      headers: incoming.headers,
      path: incoming.url ?? '/',
      body: Buffer.concat(parts).toString('utf8'),
    };
    const fate = this.#fates.shift();
    if (fate === 'delivery_lost') {
      response.destroy();
      return;
    }
    if (fate === 'delivery_late') await wait(200 + this.#random.below(2_200));
    if (fate === 'delivery_twice') {
      void wait(this.#random.below(600)).then(() => this.#forward(raw).catch(() => undefined));
    }
    const { status, headers, body } = await this.#forward(raw);
    if (fate === 'delivery_answer_lost') response.destroy();
    else response.writeHead(status, headers).end(body);
  }

  async #forward(raw: Raw): Promise<Answer> {
    const done = deedOf(raw.body);
    if (done !== undefined) {
      this.arrived.push(done);
      const kept = this.#sent.get(done.user) ?? [];
      this.#sent.set(done.user, [...kept, raw].slice(-SENT_KEPT));
    }
    if (this.#target === undefined) throw new Error('nobody listens');
    const answer = await post(new URL(raw.path, this.#target), raw);
    if (done !== undefined) done.accepted = answer.status === 200 && answer.body === '';
    return answer;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function post(url: URL, { headers, body }: Raw): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(ANSWER_MS) };
    const sent = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      answer
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => {
          const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = answer.headers;
          resolve({ status: answer.statusCode ?? 0, headers: kept, body: Buffer.concat(parts).toString('utf8') });
        })
        .on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

interface Payload {
  readonly type: string;
  readonly user: { readonly id: string };
  readonly actions?: readonly { readonly action_id: string; readonly value?: string }[];
  readonly view?: {
    readonly callback_id: string;
    readonly state?: { readonly values: Readonly<Record<string, Readonly<Record<string, { value?: string | null }>>>> };
  };
}

/** Who did what, as far as the oracles ask; undefined for what nobody did, such as an event. */
function deedOf(body: string): Arrived | undefined {
  const fields = new URLSearchParams(body);
  const at = Date.now();
  const command = fields.get('command');
  if (command !== null) {
    return { at, user: fields.get('user_id') ?? '', what: command, about: fields.get('text') ?? '', accepted: false };
  }
  const text = fields.get('payload');
  if (text === null) return undefined;
  const payload: Payload = JSON.parse(text);
  const [pressed] = payload.actions ?? [];
  const form = payload.type === 'view_submission' ? payload.view : undefined;
  const what = form?.callback_id ?? pressed?.action_id;
  if (what === undefined) return undefined;
  const typed = Object.values(form?.state?.values ?? {}).flatMap((block) =>
    Object.entries(block).flatMap(([action, { value }]) => (action === 'incident' || !value ? [] : [value])),
  );
  return { at, user: payload.user.id, what, about: typed[0] ?? pressed?.value ?? '', accepted: false };
}
