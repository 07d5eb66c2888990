import fc from 'fast-check';
import { type StoredGrant, type StoredRow, unexplained } from '../../src/core/audit/explain.ts';
import { GENESIS } from '../../src/core/audit/log.ts';
import { ROW_FIELDS } from '../../src/core/audit/row-fields.ts';
import type { NewEvent, StoredEvent } from '../../src/core/events.ts';
import { requestStream } from '../../src/core/events.ts';
import type { Actor } from '../../src/core/request/command.ts';
import { actorName } from '../../src/core/request/decision.ts';
import type { AccessRequest, ClosedGrant } from '../../src/core/request/request.ts';
import { nextWorkAt } from '../../src/core/request/work.ts';
import { LONG } from './long.ts';

/** A request's row and events as a store keeps them, in memory: all that was decided goes through JSON. */
export class KeptRow {
  readonly events: StoredEvent[] = [];
  #request: AccessRequest | undefined;

  keep(
    { next, events }: { readonly next: AccessRequest; readonly events: readonly NewEvent[] },
    actor: Actor,
    at: Date,
  ) {
    const stream = requestStream(next.details.id);
    for (const { type, data } of events) {
      const seq = this.events.length + 1;
      const written = JSON.parse(JSON.stringify(data)) as StoredEvent['data'];
      const unchained = { checkpoint: 0, prevHash: GENESIS, hash: GENESIS };
      this.events.push({
        id: `${stream}/${seq}`,
        stream,
        seq,
        type,
        at,
        actor: actorName(actor),
        data: written,
        ...unchained,
      });
    }
    this.#request = next;
    return this;
  }

  /** The row as the database would give it: the caller's own copy, to be changed at will. */
  row(): StoredRow & { document: Record<string, unknown> } {
    const request = this.#request;
    if (request === undefined) throw new Error('nothing was kept');
    const grants: readonly ClosedGrant[] = request.state === 'pending' ? [] : request.grants;
    return {
      id: request.details.id,
      state: request.state,
      outcome: request.state === 'closed' ? request.outcome : 'none',
      seq: this.events.length,
      grantBy: request.state === 'granting' ? request.grantBy : undefined,
      endsAt: request.state === 'active' ? request.endsAt : undefined,
      stateWorkAt: nextWorkAt({
        request,
        version: 1,
        chats: {},
        drawnVersion: 1,
        seq: 1,
        postedSeq: 1,
        updatedAt: request.details.askedAt,
      }),
      document: JSON.parse(JSON.stringify(request)),
      grants: grants.map(
        (grant): StoredGrant => ({
          id: grant.id,
          plan: grant.plan && JSON.parse(JSON.stringify(grant.plan)),
          plannedEnd: grant.plan?.plannedEnd,
          confirmedAt: grant.confirmedAt,
          endsAt: grant.endsAt,
          accessRemovedAt: grant.accessRemoved?.readAt,
          sessionsEndedAt: grant.sessionsEnded?.at,
          tombstoneDeletedAt: grant.tombstoneDeletedAt,
        }),
      ),
    };
  }

  problem = (row: StoredRow | undefined = this.row()): string | undefined => unexplained(row, this.events);
}

/** Where one edit can be made: every value of JSON in the explained fields of a document, by its path. */
export function places(document: Readonly<Record<string, unknown>>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const walk = (value: unknown, path: string[]): void => {
    found.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) walk(inner, [...path, name]);
  };
  for (const [name, value] of Object.entries(document)) {
    if (ROW_FIELDS[name as keyof typeof ROW_FIELDS] === 'explained') walk(value, [name]);
  }
  return found;
}

export const EDITS = ['change', 'remove', 'add'] as const;

/** Makes one edit at a path: another value, none, or one more member. */
export function edit(document: Record<string, unknown>, path: readonly string[], how: (typeof EDITS)[number]): void {
  let holder: Record<string, unknown> = document;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  const value = holder[last];
  if (how === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
  } else if (how === 'add' && Array.isArray(value)) value.push(value[0] ?? 'more');
  else if (how === 'add' && typeof value === 'object' && value !== null) Object.assign(value, { more: true });
  else holder[last] = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`;
}

/** Any single edit, of a row that its events explain, is found. */
export function expectEditsFound(kept: KeptRow, gen: fc.GeneratorValue): void {
  const row = kept.row();
  const path = gen(fc.constantFrom, ...places(row.document));
  edit(row.document, path, gen(fc.constantFrom, ...EDITS));
  if (kept.problem(row) === undefined) throw new Error(`an edit at ${path.join('.')} was not found`);
}

/** Whether this life is held to its events at every step: each in the long form, else one of four. */
export const isHeld = (gen: fc.GeneratorValue): boolean => LONG || gen(fc.nat, { max: 3 }) === 0;
