import type { Alteration } from '../../../core/request/alteration.ts';
import { EXPIRY, REVOKED, sameDocument } from '../policy/documents.ts';
import type { Detail } from '../policy/plan-detail.ts';
import { isOurs, missingAttached, missingInline, type RoleSeen, SESSION_SECONDS, strangers } from './role-seen.ts';

/**
 * How a role differs from what its plan opened, with the pinned policies that are not any more what was approved. Empty
 * where nothing differs.
 */
export function alterationsOf(seen: RoleSeen, detail: Detail, changedPinned: readonly string[]): readonly Alteration[] {
  const isShut = sameDocument(seen.trust, detail.closedTrust);
  const permissions = [
    ...missingInline(seen, detail).flatMap(({ name }) => (name === EXPIRY ? [] : [name])),
    ...missingAttached(seen, detail),
    ...strangers(seen, detail),
  ];
  const parts: readonly (Alteration | false)[] = [
    !isShut && !sameDocument(seen.trust, detail.trust) && { part: 'entry' },
    seen.boundary !== detail.boundary && { part: 'ceiling' },
    seen.maxSessionSeconds !== SESSION_SECONDS && { part: 'sessions' },
    !isOurs(seen, detail) && { part: 'labels' },
    missingInline(seen, detail).some(({ name }) => name === EXPIRY) && { part: 'end' },
    (isShut || seen.inline.has(REVOKED)) && { part: 'ended' },
    ...[...new Set(permissions)].map((name) => ({ part: 'permissions', name }) as const),
    ...changedPinned.map((name) => ({ part: 'definition', name }) as const),
  ];
  return parts.filter((one) => one !== false);
}
