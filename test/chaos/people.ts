import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Directory } from '../../src/core/policy/directory.ts';
import { CAST, everybody, HOUSE, type Listed, memberOf, personOf, teams } from './catalog.ts';

/** Somebody as the directory and the chat know them at one moment. */
export interface PersonStatus {
  readonly teams: readonly string[];
  readonly suspended: boolean;
  /** False: the directory does not list them at all. */
  readonly known: boolean;
  /** Whether their chat account is active. */
  readonly inChat: boolean;
}

interface Entry {
  readonly at: number;
  readonly status: PersonStatus;
}

/**
 * Everybody, changeable at run time, served to the product as its directory over HTTP. Remembers who stood how when:
 * what the oracles judge by. Instants are milliseconds since 1970.
 */
export class People {
  readonly #home: ReadonlyMap<string, Listed>;
  readonly #lanes: number;
  readonly #history = new Map<string, Entry[]>();
  readonly #server: Server;

  /** @param from how somebody stood from the beginning, where not as the catalog says */
  constructor(lanes: number, from: ReadonlyMap<string, Partial<PersonStatus>> = new Map()) {
    this.#lanes = lanes;
    this.#home = new Map(everybody(lanes).map((one) => [one.id, one]));
    for (const { id, teams: own } of this.#home.values()) {
      const status = { teams: own, suspended: false, known: true, inChat: true, ...from.get(id) };
      this.#history.set(id, [{ at: 0, status }]);
    }
    this.#server = createServer((_request, response) => {
      const body = JSON.stringify(this.directoryAt(Date.now()));
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  }

  /** Starts serving; resolves with the address. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/directory`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  now(id: string): PersonStatus {
    return this.at(id, Number.POSITIVE_INFINITY);
  }

  at(id: string, instant: number): PersonStatus {
    const found = this.#history.get(id)?.findLast(({ at }) => at <= instant);
    if (found === undefined) throw new Error(`there is nobody called ${id}`);
    return found.status;
  }

  change(id: string, change: Partial<PersonStatus>): void {
    const status = { ...this.now(id), ...change };
    this.#history.get(id)?.push({ at: Date.now(), status });
  }

  /** As they were at first. */
  restore(id: string): void {
    const own = this.#home.get(id)?.teams ?? [];
    this.change(id, { teams: own, suspended: false, known: true, inChat: true });
  }

  /** Every instant in which one of these people stood another way, from `from` to `to`, both of them included. */
  instants(ids: readonly string[], from: number, to: number): readonly number[] {
    const changes = ids.flatMap((id) => this.#history.get(id)?.map(({ at }) => at) ?? []);
    return [from, ...changes.filter((at) => at > from && at < to), to];
  }

  directoryAt(instant: number): Directory {
    const people = [...this.#home.values()].flatMap(({ id, name, chats, clouds }) => {
      const { teams: own, suspended, known } = this.at(id, instant);
      const both = { ...chats, plain: [{ house: HOUSE, user: memberOf(id) }] };
      return known ? [{ id, name, teams: own, chats: both, clouds, suspended }] : [];
    });
    return { teams: teams(this.#lanes), people, onCall: {} };
  }

  /** Everybody of a lane. */
  static of(lane: number): readonly string[] {
    return CAST.map((cast) => personOf(lane, cast));
  }
}
