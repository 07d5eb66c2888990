import { digestOf } from './canonical.ts';
import type { Refusal } from './refusal.ts';
import type { AccessRequest, Approval, Extension } from './request.ts';

export type Active = Extract<AccessRequest, { state: 'active' }>;

/** What the card of a request shows, and what a click must name to count (design.md, "Approvals"). */
export function digestShown(request: AccessRequest): string {
  return request.state === 'active' && request.extension !== undefined ? request.extension.digest : request.ask.digest;
}

/** The digest of one extension: of the terms, and of which and how long it is. */
export const extensionDigest = (terms: string, { number, minutes }: Pick<Extension, 'number' | 'minutes'>): string =>
  digestOf({ terms, extension: number, minutes });

/** Is somebody's yes or no to more time awaited? */
export const extensionAwaited = (request: AccessRequest): request is Active & { readonly extension: Extension } =>
  request.state === 'active' && request.extension !== undefined && request.extension.approvedAt === undefined;

/** What a yes or a no is for: the request itself, or more time on it. */
export interface Asked {
  readonly given: readonly Approval[];
  readonly digest: string;
  readonly decideBy: Date;
}

/** What waits for its approvals now, or undefined where nothing does. */
export function askedNow(request: AccessRequest): Asked | undefined {
  if (request.state === 'pending') {
    const { digest, decideBy } = request.ask;
    return { given: request.approvals, digest, decideBy };
  }
  if (!extensionAwaited(request)) return undefined;
  const { approvals: given, digest, decideBy } = request.extension;
  return { given, digest, decideBy };
}

/** Minutes that may still be added: what the role allows in all, less what was asked and added. */
export const minutesLeft = ({ ask, extended }: AccessRequest): number =>
  Math.max(0, ask.terms.maxTotalMinutes - ask.minutes - (extended?.minutes ?? 0));

/** Why no more time can be asked for on access that is open, whoever asks; undefined where it can. */
export function whyNotExtend(request: Active): Refusal | undefined {
  const { extension } = request;
  if (extension?.failedWhy !== undefined) return { code: 'not_in_this_state', detail: { state: 'extension_failed' } };
  if (extension !== undefined) return { code: 'extension_pending' };
  return extensionMinutes(request).length === 0 ? overTotal(request) : undefined;
}

/** More than the role allows in all. */
export const overTotal = (request: Active): Refusal => ({
  code: 'over_total',
  field: 'minutes',
  detail: { max: String(request.ask.terms.maxTotalMinutes), left: String(minutesLeft(request)) },
});

/** The offered times that still fit. */
export const extensionMinutes = (request: AccessRequest): readonly number[] =>
  request.ask.terms.minutesOffered.filter((minutes) => minutes <= minutesLeft(request));
