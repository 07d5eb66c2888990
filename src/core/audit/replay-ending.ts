import type { StoredEvent } from '../events.ts';
import { attestationFrom } from '../request/event-parts.ts';
import type { EndCause } from '../request/request.ts';
import type { Fold, ReplayedGrant, ReplayedRow } from './replay-row.ts';

/* How the events of an ending change a row: what `replay` folds from the moment that somebody, or the clock, ends it. */

/** From open, or being opened, to its ending. Without a plan nothing was opened: the next event closes it. */
export function ending(row: ReplayedRow, cause: EndCause, { at }: StoredEvent): ReplayedRow | string {
  const endRequestedAt = at.toISOString();
  if (row.state === 'granting') {
    const grants = (row.grants ?? []).filter(({ plan }) => plan !== undefined);
    const { grantBy: _grantBy, ...kept } = row;
    return grants.length === 0 ? row : { ...kept, state: 'revoking', grants, cause, endRequestedAt };
  }
  if (row.state !== 'active') return 'ends what is not open';
  const { endsAt: _endsAt, warnedAt: _warnedAt, extension, ...kept } = row;
  // Every plan that may have been written is on the ending: the one in force, or the later one of an extension.
  const grants = (row.grants ?? []).map((one) => ({
    ...one,
    plan: extension?.plans?.find(({ grantId }) => grantId === one.id) ?? one.plan,
  }));
  const { asked = 0, minutes = 0, approvals = [] } = row.extended ?? {};
  const extended = extension && { asked, minutes, approvals: [...approvals, ...extension.approvals] };
  return { ...kept, ...(extended && { extended }), state: 'revoking', grants, cause, endRequestedAt };
}

/** Somebody, or the clock, ends it. */
export const ends: Fold = (row, event) => ending(row, event.data.cause as EndCause, event);

/** The cloud does not hold it any more; that it ends is said beside it. */
export const accessLost: Fold = (row) => (row.state === 'active' ? row : 'misses what is not open');

const changed = (row: ReplayedRow, id: unknown, change: Partial<ReplayedGrant>): ReplayedRow | string =>
  row.state === 'revoking' && row.grants?.some((one) => one.id === id)
    ? { ...row, grants: row.grants.map((one) => (one.id === id ? { ...one, ...change } : one)) }
    : 'proves the end of what is not ending';

/** The first of the two facts, as it was read back. */
export const accessRemoved: Fold = (row, { data }) => {
  const { readAt, contested, hashes } = data;
  return changed(row, data.grantId, {
    accessRemoved: { readAt, contested, hashes } as unknown as NonNullable<ReplayedGrant['accessRemoved']>,
  });
};

/** The second of the two facts, with which of its two proofs. */
export const sessionsEnded: Fold = (row, { data }) => {
  const { grantId, seenTeams: _seenTeams, ...said } = data;
  const proof = said.by === 'native_end' ? { ...said, nativeEndIntact: true } : said;
  return changed(row, grantId, { sessionsEnded: proof as unknown as NonNullable<ReplayedGrant['sessionsEnded']> });
};

/**
 * Two alarms change the row. Open access that somebody altered is known to be; and where somebody took the removal back,
 * neither it nor what was attested counts any more.
 */
export const alarmed: Fold = (row, event) => {
  const { at, data } = event;
  if (data.what === 'access_altered') return altered(row, event);
  if (data.what !== 'removal_lost') return row;
  if (row.state !== 'revoking') return 'loses a removal of what is not ending';
  const { attestations: _attestations, ...kept } = row;
  const grants = row.grants?.map(({ accessRemoved: removed, ...one }) =>
    one.id === data.grantId || removed === undefined ? one : { ...one, accessRemoved: removed },
  );
  const now = at.toISOString();
  const { times = 0, since = now } = row.undone ?? {};
  return { ...kept, grants, undone: { times: times + 1, since, at: now } };
};

const altered: Fold = (row, { data }) => {
  if (row.state !== 'active') return 'alters what is not open';
  const found = Array.isArray(data.altered) ? (data.altered as NonNullable<ReplayedGrant['altered']>) : [];
  const grants = row.grants?.map((one) =>
    one.id === data.grantId ? { ...one, altered: [...(one.altered ?? []), ...found] } : one,
  );
  return { ...row, grants };
};

/** Security's word; whose does not count any more is named beside it. */
export const attested: Fold = (row, event) => {
  if (row.state !== 'revoking') return 'attests what is not ending';
  const dropped = ((event.data.dropped ?? []) as readonly { readonly id: string }[]).map(({ id }) => id);
  const kept = (row.attestations ?? []).filter(({ by }) => !dropped.includes(by.id));
  return { ...row, attestations: [...kept, attestationFrom(event)] };
};

/** Final: from a plan only through both proofs of every grant, or the word of two security people. */
export const closed: Fold = (row, { at, data }) => {
  const { held: _held, grantBy: _grantBy, cause: _cause, endRequestedAt: _at, undone: _undone, ...kept } = row;
  const planned = (row.grants ?? []).filter(({ plan }) => plan !== undefined);
  const outcome = data.outcome as NonNullable<ReplayedRow['outcome']>;
  const next = { ...kept, state: 'closed', outcome, closedAt: at.toISOString() } as const;
  switch (row.state) {
    case 'pending':
      return { ...next, grants: [] };
    case 'granting':
      return planned.length === 0 ? next : 'closes what has a plan';
    case 'revoking':
      return isEnded(row, outcome) ? next : 'closes without both proofs of the ending';
    default:
      return `closes what is ${row.state}`;
  }
};

const isEnded = ({ grants = [], attestations = [] }: ReplayedRow, outcome: string): boolean =>
  outcome === 'ended_unproven'
    ? new Set(attestations.map(({ by }) => by.id)).size >= 2
    : grants.every(({ accessRemoved: removed, sessionsEnded: ended }) => removed !== undefined && ended !== undefined);
