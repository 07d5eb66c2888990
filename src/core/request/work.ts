import type { ChatName } from '../policy/directory.ts';
import { addSeconds, earlier, later, unreachable } from './decision.ts';
import { stepInTime } from './escalation.ts';
import { isOwed, nextPageAt } from './paging.ts';
import type { AccessRequest, ClosedGrant, EndingGrant, RemovalProof } from './request.ts';

/** Every kind of work that a row can owe. */
export const WORK_NAMES = [
  'invite',
  'lapse',
  'grant',
  'warn',
  'expire',
  'revoke',
  'observe',
  'verify_sessions',
  'delete_tombstone',
  'remind',
  'extend',
  'lapse_extension',
  'page',
  'stand_down',
  'draw',
  'post',
] as const;
export type WorkName = (typeof WORK_NAMES)[number];

/** Work that only tells people: nothing that gives or takes access ever waits for it. */
export const TELLING: ReadonlySet<WorkName> = new Set(['invite', 'draw', 'post']);

/** One thing that must happen for a row. Derived, never stored: losing the queue loses nothing. */
export interface Work {
  readonly name: WorkName;
  readonly requestId: string;
  /** The grant it is about, where it is about one. */
  readonly grantId?: string | undefined;
  /** The chat in which it is done, where it is done in one: a chat that does not answer holds up no other. */
  readonly chat?: ChatName | undefined;
  readonly dueAt: Date;
  /** Tells this due time from any other of the same work: part of the job's id. */
  readonly generation: string;
  /** It may come after everything that somebody waits for: it tells of what is over and done, or looks at it again. */
  readonly patient?: boolean;
}

/** A request with what its log and its chat still owe. */
export interface Row {
  readonly request: AccessRequest;
  /** Grows with every commit: what a card must show. */
  readonly version: number;
  /** Number of events in the stream. */
  readonly seq: number;
  /** How far each chat came that the request is shown in. */
  readonly chats: Readonly<Record<ChatName, ShownInChat>>;
  /** What every one of them shows at least, and has been told at least. */
  readonly drawnVersion: number;
  readonly postedSeq: number;
  readonly updatedAt: Date;
}

/** How far one chat came with a request: which version its cards show, and up to which event its timeline goes. */
export interface ShownInChat {
  readonly drawnVersion: number;
  readonly postedSeq: number;
}

/** A request that no chat has shown yet: all of them owe all of it. */
export const shownNowhere = ({ details }: AccessRequest): Row['chats'] =>
  Object.fromEntries(Object.keys(details.channels).map((chat) => [chat, { drawnVersion: 0, postedSeq: 0 }]));

/**
 * Everything that must exist for this row. A row is unfinished while this is not empty, whatever its state. Of work that
 * comes again and again it is the next after `now`.
 */
export function workFor(row: Row, now: Date = row.updatedAt): readonly Work[] {
  const { request, version, seq, chats, updatedAt } = row;
  const requestId = request.details.id;
  const at = (name: WorkName, dueAt: Date, generation = String(dueAt.getTime()), grantId?: string): Work => ({
    name,
    requestId,
    grantId,
    dueAt,
    generation,
  });
  const patient = isOver(request);
  const shown = Object.entries(chats).flatMap(([chat, { drawnVersion, postedSeq }]) => [
    ...(drawnVersion < version ? [{ ...at('draw', updatedAt, `v${version}`), chat, patient }] : []),
    ...(postedSeq < seq ? [{ ...at('post', updatedAt, `s${seq}`), chat, patient }] : []),
  ]);
  return [...stateWork(request, at, now), ...shown];
}

/** Nobody has anything left to do here: access is gone, or going as it should. */
const isOver = (request: AccessRequest): boolean =>
  request.state === 'closed' || (request.state === 'revoking' && request.failures === 0);

type At = (name: WorkName, dueAt: Date, generation?: string, grantId?: string) => Work;

function stateWork(request: AccessRequest, at: At, now: Date): readonly Work[] {
  const invite = request.invited === undefined ? [at('invite', request.details.askedAt)] : [];
  switch (request.state) {
    case 'pending':
      return [...invite, ...reminder(request, at), at('lapse', request.details.decideBy)];
    case 'granting':
      // A worker that comes after `grantBy` fails the request instead of opening it.
      return request.grants.flatMap(({ id, confirmedAt }) =>
        confirmedAt === undefined ? [at('grant', approvedAt(request), undefined, id)] : [],
      );
    case 'active':
      return [
        ...(request.warnedAt === undefined ? [at('warn', warnAt(request))] : []),
        ...extensionWork(request, at),
        at('expire', request.endsAt),
      ];
    case 'revoking':
      return [
        ...request.grants.flatMap((grant) => endingWork(grant, request.endRequestedAt, at, now)),
        ...pageWork(request, at),
      ];
    case 'closed':
      return [...request.grants.flatMap((grant) => tombstoneDeletion(grant, at)), ...standDown(request, at)];
    default:
      return unreachable(request);
  }
}

const approvedAt = (request: Extract<AccessRequest, { state: 'granting' }>): Date =>
  request.approvals.reduce((latest, { at }) => later(latest, at), request.details.askedAt);

/** Five minutes before the end, or a third of a shorter window (D7). */
export function warnAt(request: Extract<AccessRequest, { state: 'active' }>): Date {
  const start = request.grants.reduce((first, { confirmedAt }) => earlier(first, confirmedAt), request.endsAt);
  const window = (request.endsAt.getTime() - start.getTime()) / 1000;
  const { warnSeconds } = request.details.terms.timings;
  return addSeconds(request.endsAt, -(window >= 3 * warnSeconds ? warnSeconds : window / 3));
}

function reminder(request: Extract<AccessRequest, { state: 'pending' }>, at: At): readonly Work[] {
  const step = stepInTime(request);
  return step === undefined ? [] : [at('remind', step.dueAt, `r${step.number}`)];
}

function extensionWork({ extension }: Extract<AccessRequest, { state: 'active' }>, at: At): readonly Work[] {
  if (extension === undefined || extension.failedWhy !== undefined) return [];
  const { number, approvedAt, decideBy } = extension;
  return approvedAt === undefined
    ? [at('lapse_extension', decideBy, `x${number}`)]
    : [at('extend', approvedAt, `x${number}`)];
}

function pageWork(request: Extract<AccessRequest, { state: 'revoking' }>, at: At): readonly Work[] {
  const { pages } = request;
  const due = nextPageAt(request);
  return [
    ...(pages !== undefined && isOwed(request) ? [at('page', pages.at, `p${pages.count}`)] : []),
    ...(due === undefined ? [] : [at('page', due, `p${(pages?.count ?? 0) + 1}`)]),
  ];
}

/** Whoever was paged is told that it is over. */
const standDown = ({ pages, closedAt }: Extract<AccessRequest, { state: 'closed' }>, at: At): readonly Work[] =>
  pages === undefined || (pages.stoodDownAt !== undefined && (pages.unresolved ?? []).length === 0)
    ? []
    : [at('stand_down', closedAt, `p${pages.count}`)];

function endingWork(grant: EndingGrant, endRequestedAt: Date, at: At, now: Date): readonly Work[] {
  if (grant.accessRemoved === undefined) return [at('revoke', endRequestedAt, undefined, grant.id)];
  if (grant.sessionsEnded !== undefined) return [];
  const provenBy = sessionsEndBy(grant);
  const lookAt = nextLookAt(grant.accessRemoved, now);
  // The proof looks for itself. A look puts the next one on the queue, and the sweep does where the queue lost it.
  const look = lookAt < provenBy ? [{ ...at('observe', lookAt, undefined, grant.id), patient: true }] : [];
  return [at('verify_sessions', provenBy, undefined, grant.id), ...look];
}

/** Between removal and proof, so often somebody looks whether the removal still stands (seconds). */
export const OBSERVE_SECONDS = 60;

/** The first whole minute after the removal that is still to come. */
function nextLookAt({ readAt }: RemovalProof, now: Date): Date {
  const passed = Math.floor((now.getTime() - readAt.getTime()) / (OBSERVE_SECONDS * 1000));
  return addSeconds(readAt, OBSERVE_SECONDS * Math.max(1, passed + 1));
}

/** An opener gives up after this long: no write of it can land later. */
export const OPENER_SECONDS = 60;

/** When a removal that was read back has reached every session, and no opener that was not locked out can still write. */
export const propagatedAt = (grant: EndingGrant, removed: RemovalProof): Date =>
  addSeconds(removed.readAt, Math.max(grant.plan.propagationSeconds, removed.contested ? OPENER_SECONDS : 0));

/**
 * Whether the cloud's own end is a proof: where it refuses from the planned end on, and what makes it do so was read back
 * at grant. One that takes away around then, or that nobody saw, proves nothing.
 */
export const endsExactly = ({ plan, confirmedAt }: Pick<EndingGrant, 'plan' | 'confirmedAt'>): boolean =>
  plan.nativeEnd === 'exact' && confirmedAt !== undefined;

/**
 * When sessions are ended at the latest: the propagation time after the removal was read back, or the planned end, if that
 * is earlier and a proof.
 */
export function sessionsEndBy(grant: EndingGrant): Date {
  if (grant.accessRemoved === undefined) return grant.plan.plannedEnd;
  const propagated = propagatedAt(grant, grant.accessRemoved);
  return endsExactly(grant) ? earlier(propagated, grant.plan.plannedEnd) : propagated;
}

function tombstoneDeletion(grant: ClosedGrant, at: At): readonly Work[] {
  if (grant.plan === undefined || grant.tombstoneDeletedAt !== undefined) return [];
  return [at('delete_tombstone', grant.plan.cleanUpAt, undefined, grant.id)];
}

/** When the sweep must look at this row next, or undefined when it is finished. */
export function nextWorkAt(row: Row): Date | undefined {
  const due = workFor(row).map(({ dueAt }) => dueAt);
  return due.length === 0 ? undefined : due.reduce(earlier);
}
