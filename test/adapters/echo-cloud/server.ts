import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Faults } from './faults.ts';
import { Refused, readBody, type Wire } from './wire.ts';

/** Somebody's right to do what a door opens, in a hall. There is one for each badge, door and hall at most. */
export interface Pass {
  readonly id: string;
  readonly name: string;
  readonly hall: string;
  readonly badge: string;
  readonly door: string;
  readonly end: string;
  readonly label: string;
}

/** Scopes that a client may ask a token for. */
export const SCOPES = ['passes.read', 'passes.write', 'doors.read'] as const;
const NEEDS: Readonly<Record<string, (typeof SCOPES)[number] | undefined>> = {
  list: 'passes.read',
  look: 'passes.read',
  door: 'doors.read',
  assign: 'passes.write',
  move: 'passes.write',
  remove: 'passes.write',
};
/** What a writer says of a pass. */
const WRITTEN = ['hall', 'name', 'badge', 'door', 'end', 'label'] as const;
const LABEL_MAX = 200;
const PAGE = 3;

const keyOf = ({ hall, door, badge }: Pick<Pass, 'hall' | 'door' | 'badge'>): string => `${hall}/${door}/${badge}`;

/**
 * A cloud that is none: passes through doors, over HTTP on this machine. It keeps one pass a badge, door and hall; what
 * ended leaves nothing behind, so nothing stops a late writer; and its own job takes a pass away some time after its
 * end, never exactly then.
 */
export class EchoServer {
  readonly faults = new Faults();
  readonly client = 'desk';
  readonly secret = `echo-secret-${randomUUID()}`;
  /** What each door opens. */
  readonly doors = new Map<string, readonly string[]>([
    ['operator', ['valve.turn', 'pump.restart']],
    ['reader', ['gauge.read']],
  ]);
  /** How many passes each hall holds. */
  quota = 100;
  /** Sessions hear of a removal so much later, in milliseconds. */
  lagMs = 0;
  clockOffsetMs = 0;
  /** Scopes that its client has. */
  scopes: readonly string[] = SCOPES;
  readonly #passes = new Map<string, Pass>();
  readonly #removedAt = new Map<string, number>();
  readonly #sessions = new Map<string, Pass>();
  readonly #tokens = new Map<string, readonly string[]>();
  readonly #server: Server;
  readonly #base: () => number;

  private constructor(now: () => number) {
    this.#base = now;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(now: () => number = Date.now): Promise<EchoServer> {
    const echo = new EchoServer(now);
    await new Promise<void>((resolve) => echo.#server.listen(0, '127.0.0.1', resolve));
    return echo;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  now(): number {
    return this.#base() + this.clockOffsetMs;
  }

  passes(): readonly Pass[] {
    return [...this.#passes.values()];
  }

  named(name: string): Pass | undefined {
    return this.passes().find((pass) => pass.name === name);
  }

  /** Somebody at the desk writes a pass, or changes one, past the API. */
  put(pass: Omit<Pass, 'id'> & { readonly id?: string }): void {
    const old = this.named(pass.name);
    if (old !== undefined) this.#passes.delete(keyOf(old));
    this.#passes.set(keyOf(pass), { id: old?.id ?? randomUUID(), ...pass });
  }

  /** Somebody at the desk takes it away. */
  drop(name: string): void {
    const pass = this.named(name);
    if (pass !== undefined) this.#remove(pass);
  }

  /** Its own job, which comes around some time: what is past its end goes. */
  runJob(): void {
    for (const pass of this.passes()) if (Date.parse(pass.end) <= this.now()) this.#remove(pass);
  }

  /** Every token that is out stops working. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** The holder of a badge at a door: a session, or undefined where it stays shut. */
  enter(hall: string, door: string, badge: string): string | undefined {
    const pass = this.#passes.get(keyOf({ hall, door, badge }));
    if (pass === undefined) return undefined;
    const session = randomUUID();
    this.#sessions.set(session, pass);
    return session;
  }

  /** Whether a session may do this now. That the end is past stops nobody: the job does. */
  may(session: string, act: string): boolean {
    const pass = this.#sessions.get(session);
    if (pass === undefined || !this.doors.get(pass.door)?.includes(act)) return false;
    const stands = this.#passes.get(keyOf(pass))?.id === pass.id;
    return stands || this.now() < (this.#removedAt.get(pass.id) ?? 0) + this.lagMs;
  }

  async close(): Promise<void> {
    this.faults.releaseAll(true);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #remove(pass: Pass): void {
    this.#passes.delete(keyOf(pass));
    this.#removedAt.set(pass.id, this.now());
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = (request.url ?? '').slice(1);
    const body = await readBody(request);
    const faults = this.faults.take(action);
    const cut = () => {
      this.faults.log.push({ action, name: body.name ?? '', outcome: 'dropped' });
      response.destroy();
    };
    const say = (status: number, value: object, outcome: string) => {
      this.faults.log.push({ action, name: body.name ?? '', outcome });
      response.writeHead(status, { 'content-type': 'application/json', 'echo-time': String(this.now()) });
      response.end(JSON.stringify(value));
    };
    const fail = () => say(500, { code: 'broken' }, 'broken');
    if (faults.includes('throttle')) return say(429, { code: 'slow_down' }, 'slow_down');
    if (faults.includes('fail_before')) return fail();
    if (faults.includes('drop_before')) return cut();
    if (faults.includes('hold_before') && (await this.faults.hold())) return cut();
    let answer: Parameters<typeof say>;
    try {
      this.#authorize(action, request.headers.authorization);
      answer = [200, this.#do(action, body), 'ok'];
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Like many a service, it says back what it was given: whoever shows that shows secrets.
      const said = `${error.code} for ${request.headers.authorization ?? ''} ${JSON.stringify(body)}`;
      answer = [error.status, { code: error.code, said }, error.code];
    }
    if (faults.includes('fail_after')) return fail();
    if (faults.includes('drop_after')) return cut();
    if (faults.includes('hold_after') && (await this.faults.hold())) return cut();
    return say(...answer);
  }

  #authorize(action: string, authorization: string | undefined): void {
    if (action === 'token') return;
    const scopes = this.#tokens.get(authorization?.replace('Bearer ', '') ?? '');
    if (scopes === undefined) throw new Refused(401, 'no_token');
    const needed = NEEDS[action];
    if (needed === undefined) throw new Refused(404, 'no_action');
    if (!scopes.includes(needed)) throw new Refused(403, 'no_scope');
  }

  #do(action: string, body: Wire): object {
    switch (action) {
      case 'token':
        return this.#token(body.only('client', 'secret', 'scopes'));
      case 'list':
        return this.#list(body.only('hall', 'cursor'));
      case 'look':
        return this.#found(body.only('hall', 'name'));
      case 'door':
        return this.#door(body.only('hall', 'door', 'badge'));
      case 'assign':
        return this.#assign(body.only(...WRITTEN));
      case 'move': {
        const moved = { ...this.#found(body.only('hall', 'name', 'end', 'label')), end: this.#end(body) };
        const pass = { ...moved, label: this.#label(body) };
        this.#passes.set(keyOf(pass), pass);
        return pass;
      }
      default: {
        const pass = this.#found(body.only('hall', 'name', 'id'));
        if (body.id !== undefined && body.id !== pass.id) throw new Refused(409, 'another');
        this.#remove(pass);
        return {};
      }
    }
  }

  #token(body: Wire): object {
    const asked = body.text('scopes').split(' ');
    if (body.client !== this.client || body.secret !== this.secret) throw new Refused(401, 'no_client');
    if (asked.some((scope) => !this.scopes.includes(scope))) throw new Refused(403, 'no_scope');
    const token = `echo-token-${randomUUID()}`;
    this.#tokens.set(token, asked);
    return { token };
  }

  #list(body: Wire): object {
    const hall = body.text('hall');
    const all = this.passes()
      .filter((pass) => pass.hall === hall)
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const { cursor } = body;
    if (cursor !== undefined && !cursor.startsWith('after:')) throw new Refused(400, 'bad_cursor');
    const rest = all.filter(({ name }) => cursor === undefined || name > cursor.slice('after:'.length));
    const passes = rest.slice(0, PAGE);
    return { passes, ...(rest.length > PAGE && { next: `after:${passes.at(-1)?.name}` }) };
  }

  #found(body: Wire): Pass {
    const pass = this.named(body.text('name'));
    if (pass === undefined || pass.hall !== body.hall) throw new Refused(404, 'no_pass');
    return pass;
  }

  #door(body: Wire): object {
    const opens = this.doors.get(body.text('door'));
    if (opens === undefined) throw new Refused(404, 'no_door');
    const [hall, door, badge] = [body.text('hall'), body.text('door'), body.text('badge')];
    const used = this.passes().filter((pass) => pass.hall === hall).length;
    return { opens, used, quota: this.quota, held: this.#passes.get(keyOf({ hall, door, badge }))?.name ?? '' };
  }

  #assign(body: Wire): Pass {
    const [hall, name, badge, door] = [body.text('hall'), body.text('name'), body.text('badge'), body.text('door')];
    const wanted = { hall, name, badge, door, end: this.#end(body), label: this.#label(body) };
    if (!/^\d{4}$/.test(badge)) throw new Refused(400, 'no_badge');
    if (!this.doors.has(door)) throw new Refused(404, 'no_door');
    const stands = this.named(name);
    if (stands !== undefined) {
      const isSame = WRITTEN.every((member) => stands[member] === wanted[member]);
      if (!isSame) throw new Refused(409, 'taken');
      return stands;
    }
    if (this.#passes.has(keyOf(wanted))) throw new Refused(409, 'held');
    if (this.passes().filter((pass) => pass.hall === hall).length >= this.quota) throw new Refused(409, 'full');
    const pass = { id: randomUUID(), ...wanted };
    this.#passes.set(keyOf(pass), pass);
    return pass;
  }

  #end(body: Wire): string {
    const end = body.text('end');
    if (!(Date.parse(end) > this.now())) throw new Refused(400, 'past');
    return end;
  }

  #label(body: Wire): string {
    const label = body.text('label');
    if (label.length > LABEL_MAX) throw new Refused(400, 'too_long');
    return label;
  }
}
