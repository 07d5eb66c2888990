import { canonical, type Json } from '../../src/core/canonical.ts';
import type { NewEvent, StoredEvent } from '../../src/core/events.ts';
import type { Actor } from '../../src/core/request/command.ts';
import { decide } from '../../src/core/request/decide.ts';
import type { Facts } from '../../src/core/request/facts.ts';
import type { AccessRequest } from '../../src/core/request/request.ts';
import { type Known, triesFor } from './path-commands.ts';

/*
 * The core as the oracle of legal lives: what was observed must be a path that `decide` can produce, from nothing to the
 * row, event by event. Hidden steps are allowed where the core has some: an ending that failed again, without an event.
 */

/** An ending fails this often between two events that say so, at the most. */
const SILENT_MAX = 200;

/** What is not an outcome of the events: how often something failed, and what was seen on the way. */
const HIDDEN: ReadonlySet<string> = new Set(['seenTeams', 'failures', 'failingSince', 'contested', 'pages']);

/** What keeps these events from being a legal life that ends in this row: empty when all is well. */
export function offPath(events: readonly StoredEvent[], row: AccessRequest, known: Known): readonly string[] {
  let request: AccessRequest | undefined;
  for (let index = 0; index < events.length; ) {
    if (isPaging(request, events[index])) {
      index += 1;
      continue;
    }
    const found = explained(request, events.slice(index), row, known);
    const event = events[index];
    if (found === undefined) {
      return [
        `no command leads from ${request?.state ?? 'nothing'} to ${event?.type} (event ${event?.seq}: ${JSON.stringify(event?.data)})`,
      ];
    }
    request = found.next;
    index += found.taken;
  }
  if (request === undefined) return ['there are no events'];
  const [reached, stored] = [visible(request), visible(row)];
  return reached === stored ? [] : [`the row is not what its events lead to: ${difference(reached, stored)}`];
}

/** Who was paged, in which round and how often, is kept without events; the events only say what came of it. */
const isPaging = (request: AccessRequest | undefined, event: StoredEvent | undefined): boolean =>
  (event?.type === 'oncall_paged' || event?.type === 'page_resolved') &&
  (request?.state === 'revoking' || request?.state === 'closed');

interface Explained {
  readonly next: AccessRequest;
  /** How many events the command made. */
  readonly taken: number;
}

function explained(
  before: AccessRequest | undefined,
  events: readonly StoredEvent[],
  row: AccessRequest,
  known: Known,
): Explained | undefined {
  let request = before;
  for (let silent = 0; silent <= SILENT_MAX; silent += 1) {
    const found = tried(request, events, row, known);
    if (found !== undefined || request?.state !== 'revoking') return found;
    request = failedSilently(request, events[0]);
    if (request === undefined) return undefined;
  }
  return undefined;
}

function tried(
  request: AccessRequest | undefined,
  events: readonly StoredEvent[],
  row: AccessRequest,
  known: Known,
): Explained | undefined {
  const [first] = events;
  if (first === undefined) return undefined;
  for (const { command, actor, facts } of triesFor(request, events, row, known)) {
    const decision = decide(request, command, actor, facts, first.at);
    if (!decision.ok || decision.events.length === 0 || decision.events.length > events.length) continue;
    const same = decision.events.every((made, index) => {
      const event = events[index];
      return event !== undefined && made.type === event.type && judged(made.data, known) === judged(event.data, known);
    });
    if (!same) continue;
    // Who could decide is taken from everybody there is at that moment; the event does not name them.
    const next = command.type === 'request' ? { ...decision.next, details: row.details } : decision.next;
    return { next, taken: decision.events.length };
  }
  return undefined;
}

const WORKER: Actor = { type: 'system', name: 'worker' };

/** One more failure that made no event. */
function failedSilently(request: AccessRequest, next: StoredEvent | undefined): AccessRequest | undefined {
  if (next === undefined) return undefined;
  const decision = decide(request, { type: 'revoke_failed', why: 'unknown' }, WORKER, NOTHING, next.at);
  return decision.ok && decision.events.length === 0 ? decision.next : undefined;
}

const unasked = { ok: false, why: 'not asked' } as const;
const NOTHING: Facts = {
  clouds: {},
  policy: unasked,
  directory: unasked,
  incident: unasked,
  account: unasked,
  target: unasked,
  openingOff: undefined,
};

/** Of everybody there was: a look-up may have seen people of other lanes as they were at any moment of its time. */
const OF_EVERYBODY: ReadonlySet<string> = new Set(['seenTeams', 'deciders', 'alsoDeciders', 'invite', 'parties']);

/** What an event says, of everybody only about whose change the judge tries each moment. */
function judged(data: NewEvent['data'], { involved }: Known): string {
  const is = (person: unknown): boolean => involved.includes(String(person));
  const kept = (value: unknown): unknown => {
    if (!Array.isArray(value)) return Object.fromEntries(Object.entries(value ?? {}).filter(([id]) => is(id)));
    return value.filter((one) => is(typeof one === 'string' ? one : one?.id));
  };
  const entries = Object.entries(data).map(([key, value]) => [key, OF_EVERYBODY.has(key) ? kept(value) : value]);
  // Where nobody of them is named, it says the same as no word of them.
  return plain(Object.fromEntries(entries.filter(([key, value]) => !OF_EVERYBODY.has(String(key)) || !isEmpty(value))));
}

const isEmpty = (value: unknown): boolean => Object.keys(value ?? {}).length === 0;

const plain = (value: unknown): string => canonical(JSON.parse(JSON.stringify(value ?? null)) as Json);

const visible = (request: AccessRequest): string =>
  plain(JSON.parse(JSON.stringify(request, (key, value: unknown) => (HIDDEN.has(key) ? undefined : value))));

function difference(reached: string, stored: string): string {
  const at = [...reached].findIndex((char, index) => char !== stored[index]);
  const from = Math.max(0, at - 60);
  return `…${reached.slice(from, at + 80)}… and not …${stored.slice(from, at + 80)}…`;
}
