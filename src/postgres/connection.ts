import { accessSync, constants } from 'node:fs';
import { Socket } from 'node:net';
import pg from 'pg';
import { Failure } from '../core/failure.ts';
import { connectionWords } from './connection-words.ts';
import { prepareSession, type Session } from './session.ts';
import type { SessionNeeds } from './settings.ts';

/** Where a connection goes, and what it is for. */
export interface Address {
  readonly url: string;
  /** The setting that the address came from, for words. */
  readonly setting: string;
}

/** Told of a new session before it is handed out. */
export type OnSession = (session: Session, client: pg.ClientBase) => void;

export interface ConnectionSettings {
  readonly address: Address;
  readonly needs: SessionNeeds;
  /** Milliseconds. Until a session is there and ours; waiting for a free one of a pool included. */
  readonly connectMs: number;
  /** Milliseconds. A connection on which nothing is heard for so long counts as lost. */
  readonly silenceMs?: number;
  /** Milliseconds. A statement that is not answered by then rejects; without it, as long as it takes. */
  readonly queryMs?: number;
  /** What PostgreSQL lists it as. */
  readonly name: string;
  readonly onSession?: OnSession | undefined;
}

export interface PoolSettings extends ConnectionSettings {
  readonly max: number;
  /** Milliseconds. An unused connection is closed after that. */
  readonly idleMs: number;
  readonly onIdleLost: (error: Error) => void;
}

/** Said where something between us and PostgreSQL lends out sessions. */
export const poolerWords = ({ setting }: Address): string =>
  `${setting} leads through a connection pooler; connect to PostgreSQL itself`;

/** Said where a session is not as it must be. */
export const sessionWords = ({ setting }: Address, problem: string): string =>
  `the sessions of ${setting} are not as they must be: ${problem}`;

/** A preset that was taken away is gone from our sessions after so long, however busy they are. */
const LIFETIME_S = 600;

/**
 * A pool of sessions that are ours: each is set and read back before it is handed out, whatever the role, the database, the
 * server or the address presets. None of its connections can end the process: a server that is shut down says so in the
 * same breath as its last answer, when nobody may listen, and an `error` that nobody listens to is thrown at everybody.
 */
export function openPool(settings: PoolSettings): pg.Pool {
  const { max, idleMs, onIdleLost } = settings;
  const pool = new pg.Pool({
    ...driverSettings(settings),
    Client: clientOf(settings),
    max,
    idleTimeoutMillis: idleMs,
    maxLifetimeSeconds: LIFETIME_S,
  });
  return pool.on('error', onIdleLost);
}

/** One session that is ours, as those of a pool are. */
export async function connect(settings: ConnectionSettings): Promise<pg.Client> {
  const client = new (clientOf(settings))(driverSettings(settings));
  await client.connect();
  return client;
}

const driverSettings = ({ address, connectMs, silenceMs, queryMs, name }: ConnectionSettings): pg.ClientConfig => ({
  connectionString: withoutDriverSettings(address.url),
  connectionTimeoutMillis: connectMs,
  application_name: name,
  keepAlive: true,
  ...(queryMs === undefined ? {} : { query_timeout: queryMs }),
  ...(silenceMs === undefined ? {} : { stream: () => impatientSocket(silenceMs) }),
});

/**
 * What the driver takes from an address before what it is told: limits that it keeps itself, and how it speaks to the
 * server. Everything else that an address may preset is set again in the session.
 * @see https://node-postgres.com/apis/client
 */
const OF_THE_DRIVER = [
  'application_name',
  'binary',
  'client_encoding',
  'fallback_application_name',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'query_timeout',
  'replication',
  'statement_timeout',
];

/** The address without what would stand before our own settings; where nothing does, as it was written. */
function withoutDriverSettings(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  const found = OF_THE_DRIVER.filter((name) => parsed.searchParams.has(name));
  if (found.length === 0) return url;
  for (const name of found) parsed.searchParams.delete(name);
  return parsed.href;
}

/** Files that an address names for TLS. The driver reads them anew for each client, while it makes it. */
const TLS_FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * What a client is made from: as it is told, or with what was read from the files before, where one of them cannot be read
 * now. The driver throws then, and a pool makes clients where nobody catches it.
 */
function readable(config: pg.ClientConfig, before: pg.ClientConfig['ssl']): pg.ClientConfig {
  const { connectionString: url = '' } = config;
  if (before === undefined || !URL.canParse(url)) return config;
  const parsed = new URL(url);
  const files = TLS_FILES.flatMap((name) => parsed.searchParams.get(name) ?? []);
  if (files.every(isReadable)) return config;
  for (const name of [...TLS_FILES, 'sslmode', 'ssl', 'uselibpqcompat']) parsed.searchParams.delete(name);
  return { ...config, connectionString: parsed.href, ssl: before };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/** The driver's client, whose `connect` ends when the session is ours. */
function clientOf(settings: ConnectionSettings): typeof pg.Client {
  const { address, needs, connectMs, onSession } = settings;
  let tls: pg.ClientConfig['ssl'];
  return class OwnSession extends pg.Client {
    constructor(config: string | pg.ClientConfig = driverSettings(settings)) {
      super(typeof config === 'string' ? config : readable(config, tls));
      if (typeof this.ssl === 'object') tls = this.ssl;
      // Whoever uses it learns it from the next statement, which is refused.
      this.on('error', () => undefined);
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | undefined {
      const connected = this.#connect();
      if (callback === undefined) return connected;
      const done = callback as (error: Error | null, client?: pg.Client) => void;
      connected.then((client) => done(null, client), done);
      return undefined;
    }

    async #connect(): Promise<pg.Client> {
      await super.connect().catch((error: unknown) => {
        throw inWords(error, address);
      });
      const late = new Error('Connection terminated due to connection timeout');
      const timer = setTimeout(() => this.connection.stream.destroy(late), connectMs);
      try {
        const session = await prepareSession(this, needs);
        onSession?.(session, this);
        return this;
      } catch (error) {
        // Nobody will be given it.
        this.end().catch(() => undefined);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    }
  };
}

/** Where TLS is the reason, and a pooler that refuses what the address presets, as pgbouncer does unless it is told to ignore it. */
function inWords(error: unknown, address: Address): unknown {
  const words = connectionWords(error, address.setting);
  if (words !== undefined) return new Failure('STORE_UNAVAILABLE', words, { cause: error });
  if (
    !(
      error instanceof Error && /unsupported startup parameter|RDS Proxy currently doesn.t support/i.test(error.message)
    )
  )
    return error;
  return new Failure('STORE_UNAVAILABLE', poolerWords(address), { cause: error });
}

/** A socket that gives up when nothing is heard: a network that swallows everything becomes a lost connection. */
function impatientSocket(silenceMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(silenceMs, () => socket.destroy(new Error(`the database was silent for ${silenceMs} ms`)));
  return socket;
}
