import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { REQUEST_EVENTS } from '../../src/core/events.ts';

/** Something that a client is about to make durable. */
export interface Commit {
  /** The events it appends, or what else it writes; for a statement by itself, its table or function. */
  readonly name: string;
  /** Everything that was sent with it since its transaction began: enough to tell which request it is about. */
  readonly text: string;
}

/** At once; held until `release`, then it arrives, even if its client is dead; held, and lost with its connection. */
export type Fate = 'passes' | 'arrives' | 'is lost';

export interface CommitGate {
  /** The URL, with this gate in place of its host and port. */
  through(url: string): string;
  /** Asked before every commit from now on. A commit that is held holds up everything its client sends after it. */
  judge(fateOf: (commit: Commit) => Fate): void;
  /** Ends every wait. */
  release(): void;
  close(): Promise<void>;
}

/** A proxy before PostgreSQL that can hold a commit on its way to the server. */
export async function startCommitGate(target: string): Promise<CommitGate> {
  const { hostname, port } = new URL(target);
  let fateOf: (commit: Commit) => Fate = () => 'passes';
  const held = new Set<() => void>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const reader = new Frontend();
    let waiting: Buffer[] | undefined;
    let clientEnded = false;
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    const goOn = (): void => {
      const late = waiting ?? [];
      waiting = undefined;
      upstream.write(late[0] ?? '');
      for (const one of late.slice(1)) take(one);
      if (clientEnded) upstream.end();
    };
    const take = (message: Buffer): void => {
      if (waiting !== undefined) {
        waiting.push(message);
        return;
      }
      const commit = reader.read(message);
      const fate = commit === undefined ? 'passes' : fateOf(commit);
      if (fate === 'passes') {
        upstream.write(message);
        return;
      }
      waiting = [message];
      held.add(fate === 'arrives' ? goOn : cut);
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    // A dead client takes its connection along, unless something of it still waits to arrive.
    client.on('data', (chunk) => {
      for (const message of reader.cut(chunk)) take(message);
    });
    client.on('close', () => {
      clientEnded = true;
      if (waiting === undefined) upstream.destroy();
    });
    upstream.on('data', (chunk) => client.write(chunk)).on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = server.address() as AddressInfo;
  return {
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(here.port) }).href,
    judge: (next) => {
      fateOf = next;
    },
    release: () => {
      for (const go of held) {
        held.delete(go);
        go();
      }
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Where a startup message has no type byte. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const STARTUP = 0;
const TYPE = 1;

/** What a client says to PostgreSQL, as far as telling commits apart needs it. */
class Frontend {
  #rest = Buffer.alloc(0);
  #started = false;
  readonly #statements = new Map<string, string>();
  #inTransaction = false;
  #said: string[] = [];

  /** Whole messages, as they become complete. */
  *cut(chunk: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const head = this.#started ? TYPE : STARTUP;
      if (this.#rest.length < head + 4) return;
      const length = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < length) return;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#started = true;
      yield message;
    }
  }

  /** The commit that this message is, or undefined. */
  read(message: Buffer): Commit | undefined {
    const kind = String.fromCharCode(message[0] ?? 0);
    if (kind === 'P') {
      const [name = '', sql = ''] = message.subarray(5).toString('utf8').split('\0', 2);
      this.#statements.set(name, sql);
      return undefined;
    }
    if (kind === 'Q') return this.#run(message.subarray(5, -1).toString('utf8'), '');
    if (kind !== 'B') return undefined;
    const [, statement = ''] = message.subarray(5).toString('utf8').split('\0', 2);
    return this.#run(this.#statements.get(statement) ?? '', message.toString('utf8'));
  }

  #run(sql: string, values: string): Commit | undefined {
    this.#said = this.#inTransaction ? [...this.#said, sql, values] : [sql, values];
    if (/^\s*BEGIN/i.test(sql)) {
      this.#inTransaction = true;
      return undefined;
    }
    if (/^\s*ROLLBACK/i.test(sql)) {
      this.#inTransaction = false;
      return undefined;
    }
    const commits = /^\s*COMMIT/i.test(sql);
    if (this.#inTransaction && !commits) return undefined;
    this.#inTransaction = false;
    const text = this.#said.join('\n');
    const name = commits ? (eventsIn(text) ?? queueIn(text)) : (writeIn(sql) ?? queueIn(sql));
    return name === undefined ? undefined : { name, text };
  }
}

const eventsIn = (text: string): string | undefined => {
  const found = [...text.matchAll(/"type": ?"(\w+)"/g)].map(([, type]) => type ?? '');
  return found.filter((type) => (REQUEST_EVENTS as readonly string[]).includes(type)).join('+') || undefined;
};

/** The table that a statement outside a transaction writes, with the column it sets: of several at once the last. */
function writeIn(sql: string): string | undefined {
  const [, verb, table] = /^\s*(INSERT INTO|UPDATE|DELETE FROM)\s+(?:"?public"?\.)?"(\w+)"/i.exec(sql) ?? [];
  if (verb === undefined || table === undefined) return undefined;
  const column = /SET\s+(?:\("\w+", )?"(\w+)"/.exec(sql)?.[1];
  return [verb.split(' ')[0]?.toLowerCase(), table, column].filter(Boolean).join(' ');
}

/** The function of the queue that is called. */
function queueIn(sql: string): string | undefined {
  const called = /\b(move_\w+|add_\w+|change_delay\w*|retry_\w+)\(/.exec(sql)?.[1];
  return called === undefined ? undefined : `queue ${called}`;
}
