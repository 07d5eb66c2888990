import { digestOf } from '../canonical.ts';
import type { NewEvent } from '../events.ts';
import { type Directory, onCallFor } from '../policy/directory.ts';
import type { WantedClause } from '../policy/terms.ts';
import { eligibleFor, type SeenTeams } from './approvals.ts';
import { decidersOf, INVITE_MAX } from './decide-request.ts';
import { addSeconds, later, partyOf } from './decision.ts';
import type { Refusal } from './refusal.ts';
import type { AccessRequest, Approval, Extension, Party, Plan } from './request.ts';

/** A request whose access is open. */
export type Active = Extract<AccessRequest, { state: 'active' }>;

/** What the card of a request shows, and what a click must name to count (design.md, "Approvals"). */
export function digestShown(request: AccessRequest): string {
  return request.state === 'active' && request.extension !== undefined
    ? request.extension.digest
    : request.details.digest;
}

/** The digest of one extension: of the terms, and of which and how long it is. */
export const extensionDigest = (terms: string, { number, minutes }: Pick<Extension, 'number' | 'minutes'>): string =>
  digestOf({ terms, extension: number, minutes });

/** The last end that may stand in the cloud: of the plans in force, and of those written for more time. */
export const latestEnd = ({
  grants,
  extension,
}: {
  readonly grants: readonly { readonly plan: Plan }[];
  readonly extension?: Extension | undefined;
}): Date | undefined =>
  [...grants.map(({ plan }) => plan), ...(extension?.plans ?? [])]
    .map(({ plannedEnd }) => plannedEnd)
    .reduce<Date | undefined>((last, end) => (last === undefined ? end : later(last, end)), undefined);

/** For what an event says of more time that failed: the end that stays, and the later one that may stand in the cloud. */
export function endsOf(request: Active): { readonly endsAt: string; readonly plannedEnd?: string } {
  const last = request.extension?.plans === undefined ? undefined : latestEnd(request);
  return { endsAt: request.endsAt.toISOString(), ...(last && { plannedEnd: last.toISOString() }) };
}

/** Everybody whose yes opened or prolonged the access, or may yet: each approval, the newest last. */
export const approversOf = (request: AccessRequest): readonly Approval[] => [
  ...request.approvals,
  ...(request.extended?.approvals ?? []),
  ...((request.state === 'active' && request.extension?.approvals) || []),
];

/** The same, as people, each once. */
export const allApprovers = (request: AccessRequest): readonly Party[] => [
  ...new Map(approversOf(request).map(({ by }) => [by.id, by])).values(),
];

/** Is somebody's yes or no to more time awaited? */
export const extensionAwaited = (request: AccessRequest): request is Active & { readonly extension: Extension } =>
  request.state === 'active' && request.extension !== undefined && request.extension.approvedAt === undefined;

/** What a yes or a no is for: the request itself, or more time on it. */
export interface OpenQuestion {
  readonly given: readonly Approval[];
  readonly digest: string;
  readonly decideBy: Date;
}

/** What waits for its approvals now, or undefined where nothing does. */
export function askedNow(request: AccessRequest): OpenQuestion | undefined {
  if (request.state === 'pending') {
    const { digest, decideBy } = request.details;
    return { given: request.approvals, digest, decideBy };
  }
  if (!extensionAwaited(request)) return undefined;
  const { approvals: given, digest, decideBy } = request.extension;
  return { given, digest, decideBy };
}

/** Minutes that may still be added: what the role allows in all, less what was asked and added. */
export const minutesLeft = ({ details, extended }: AccessRequest): number =>
  Math.max(0, details.terms.maxTotalMinutes - details.minutes - (extended?.minutes ?? 0));

/** Why no more time can be asked for on access that is open, whoever asks; undefined where it can. */
export function whyNotExtend(request: Active): Refusal | undefined {
  const { extension } = request;
  if (extension?.failedWhy !== undefined) {
    const state = extension.failedWhy === 'frozen' ? 'extension_frozen' : 'extension_failed';
    return { code: 'not_in_this_state', detail: { state } };
  }
  if (extension !== undefined) return { code: 'extension_pending' };
  return extensionMinutes(request).length === 0 ? overTotal(request) : undefined;
}

/** In the last minutes none is asked for: it could not be approved and written in time. */
export const isTooLateToExtend = ({ details, endsAt }: Active, now: Date): boolean =>
  now >= addSeconds(endsAt, -details.terms.timings.extendUntilSeconds);

/** More than the role allows in all. */
const overTotal = (request: Active): Refusal => ({
  code: 'over_total',
  field: 'minutes',
  detail: { max: String(request.details.terms.maxTotalMinutes), left: String(minutesLeft(request)) },
});

/** The offered times that still fit. */
export const extensionMinutes = (request: AccessRequest): readonly number[] =>
  request.details.terms.minutesOffered.filter((minutes) => minutes <= minutesLeft(request));

/** So many minutes more, beside what is still to be had, for the rule that judges them. */
export const moreMinutes = (request: Active, wanted: number) => ({
  wanted,
  offered: extensionMinutes(request),
  max: request.details.terms.maxTotalMinutes,
  left: minutesLeft(request),
});

/** Who is on call for a clause by now and was never asked: a shift may have changed since the request was made. */
export function joinedSince(
  request: AccessRequest,
  clauses: readonly WantedClause[],
  directory: Directory,
  seenTeams: SeenTeams,
): readonly Party[] {
  const { details, escalatedTo = [] } = request;
  const asker = { id: details.requester.id, seen: seenTeams[details.requester.id] ?? [] };
  const notified = [...details.invite, ...escalatedTo.map(({ id }) => id)];
  const onCall = clauses.flatMap((clause) =>
    clause.who === 'group'
      ? eligibleFor(clause, directory, asker, seenTeams).filter(({ id }) => onCallFor(directory, id, clause.teams))
      : [],
  );
  const joined = onCall.filter(({ id }) => !notified.includes(id));
  return [...new Map(joined.map((person) => [person.id, partyOf(person)])).values()].slice(0, INVITE_MAX);
}

/**
 * Whom an incident that is unverified now adds to a request where it was verified before: on-call people of the clause
 * that it adds, to be asked at once, and everybody who could fill it, who may deny from now on. Undefined where nothing
 * is new.
 */
export function joinedByUnverified(request: AccessRequest, directory: Directory, seenTeams: SeenTeams) {
  if (!request.incidentVerified || request.alsoDeciders !== undefined) return undefined;
  const { requester, terms } = request.details;
  const clauses = [terms.unverifiedClause];
  const asker = { id: requester.id, seen: seenTeams[requester.id] ?? [] };
  return {
    alsoAsked: joinedSince(request, clauses, directory, seenTeams),
    alsoDeciders: decidersOf(clauses, directory, asker, seenTeams).map(partyOf),
  };
}

type Joined = NonNullable<ReturnType<typeof joinedByUnverified>>;

/** What that changes on the row. */
export const joining = ({ escalatedTo = [] }: AccessRequest, { alsoAsked, alsoDeciders }: Joined) => ({
  alsoDeciders,
  ...(alsoAsked.length > 0 && { escalatedTo: [...escalatedTo, ...alsoAsked] }),
});

/** The same, for the event that says so. */
export const joiningData = ({ alsoAsked, alsoDeciders }: Joined): NewEvent['data'] => ({
  ...(alsoAsked.length > 0 && {
    alsoAsked: alsoAsked.map(({ id }) => id),
    parties: alsoAsked.map((one) => ({ ...one })),
  }),
  alsoDeciders: alsoDeciders.map((one) => ({ ...one })),
});
