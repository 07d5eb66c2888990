import { planFrom, type Written } from '../request/event-parts.ts';
import { extensionDigest } from '../request/extension.ts';
import type { Extension, Party } from '../request/request.ts';
import { type Fold, hasTooFew, lastEnd, later, type ReplayedRow } from './replay-row.ts';

/* How the events of more time change a row: what `replay` folds between opening and ending. */

/** More time is asked for; until the cloud was read back nothing else moves. */
export const extensionAsked: Fold = (row, { at, data }) => {
  if (row.state !== 'active' || row.extension !== undefined) return 'asks for more time where none can be asked for';
  const { number, minutes, decideBy, digest } = data as unknown as Pick<
    Written<Extension>,
    'number' | 'minutes' | 'decideBy' | 'digest'
  >;
  if (digest !== extensionDigest(row.details.digest, { number, minutes }))
    return 'asks for more time by another digest';
  const extension = { number, minutes, askedAt: at.toISOString(), decideBy, digest, approvals: [] };
  const { minutes: added = 0, approvals = [] } = row.extended ?? {};
  const joined = (data.parties ?? []) as unknown as readonly Written<Party>[];
  const escalatedTo = [...(row.escalatedTo ?? []), ...joined];
  return {
    ...row,
    extension,
    extended: { asked: number, minutes: added, approvals },
    ...(joined.length > 0 && { escalatedTo }),
  };
};

/** Its last place was filled. */
export const extensionApproved: Fold = (row, { at }) =>
  row.extension === undefined || hasTooFew(row, row.extension.approvals)
    ? 'approves more time with fewer people than its clauses want'
    : { ...row, extension: { ...row.extension, approvedAt: at.toISOString() } };

const without = ({ extension: _extension, ...row }: ReplayedRow): ReplayedRow => row;

/** Denied, or nobody answered: the old end stays. */
export const extensionDropped: Fold = (row) =>
  row.extension === undefined ? 'drops more time that nobody asked for' : without(row);

/** A new end for one grant, before it is written. */
export const extensionPlanned: Fold = (row, { data }) => {
  const plan = planFrom(data);
  const { extension } = row;
  const grant = row.grants?.find(({ id }) => id === plan.grantId);
  if (extension?.approvedAt === undefined || grant?.plan === undefined) return 'plans more time that was not approved';
  if (plan.plannedEnd !== later(grant.plan.plannedEnd, extension.minutes * 60))
    return 'plans another end than was approved';
  return { ...row, extension: { ...extension, plans: [...(extension.plans ?? []), plan] } };
};

/** The cloud was read back with the new end, so now it moves. */
export const extended: Fold = (row, { data }) => {
  const { extension } = row;
  const plan = extension?.plans?.find(({ grantId }) => grantId === data.grantId);
  if (plan === undefined || extension === undefined) return 'adds time that was not planned';
  const grants = row.grants?.map((one) =>
    one.id === data.grantId && one.endsAt !== undefined
      ? { ...one, plan, endsAt: later(one.endsAt, extension.minutes * 60) }
      : one,
  );
  const plans = extension.plans?.filter((one) => one !== plan) ?? [];
  if (plans.length > 0) return { ...row, grants, extension: { ...extension, plans } };
  const { warnedAt: _warnedAt, ...kept } = without(row);
  const { asked = extension.number, minutes = 0, approvals = [] } = row.extended ?? {};
  return {
    ...kept,
    grants,
    endsAt: lastEnd(grants ?? []),
    extended: {
      asked,
      minutes: minutes + extension.minutes,
      approvals: [...approvals, ...extension.approvals],
    },
  };
};

/** Once planned, part of it may be written: the plans stay on the row until the access ended. */
export const extensionFailed: Fold = (row, { data }) => {
  const { extension } = row;
  if (extension === undefined) return 'fails more time that nobody asked for';
  // The ending that is said beside it takes over what may have been written.
  if (data.why === 'ended_first') return row;
  return extension.plans === undefined
    ? without(row)
    : { ...row, extension: { ...extension, failedWhy: data.why as string } };
};
