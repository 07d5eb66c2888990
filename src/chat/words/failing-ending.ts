import type { CloudWords } from '../../core/policy/cloud.ts';
import { PAGE_AFTER } from '../../core/request/paging.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import type { PageText } from '../../ports/words.ts';
import { capital } from './phrase.ts';

const instant = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What a page about a failing ending says: where it is, since when it fails, and what holds meanwhile. */
export function failingEnding(request: Extract<AccessRequest, { state: 'revoking' }>, words: CloudWords): PageText {
  const { details, grants, failures, failingSince, undone, endRequestedAt } = request;
  const { role, account } = details.terms;
  const ends = grants.map(({ plan }) => plan.plannedEnd.getTime());
  const ownEnd = grants.every(({ plan }) => plan.nativeEnd === 'exact')
    ? 'The cloud refuses by itself from then on, unless somebody removed it.'
    : 'The cloud takes it away around then, unless somebody removed that; it is no proof.';
  const which = `${role.name} of ${details.requester.name} in account ${account.name}`;
  const fails = `It fails since ${instant(failingSince ?? endRequestedAt)}, ${failures} times in a row; I keep trying.`;
  return {
    summary: undone
      ? `Somebody gives emergency access back after I took it away: ${which}`
      : `Emergency access could not be ended: ${which}`,
    details: [
      `Request ${details.id}, incident ${details.incident.id}, account ${account.name} (${account.id}).`,
      ...(undone
        ? [
            `${capital(words.removal)} that had ended it was removed ${undone.times === 1 ? 'once' : `${undone.times} times`}, last seen at ${instant(undone.at)}. I write it again each time; the account's audit log says who removes it.`,
          ]
        : []),
      `It was to end at ${instant(endRequestedAt)}.${failures >= PAGE_AFTER || !undone ? ` ${fails}` : ''}`,
      `The end that was written into the cloud: ${instant(new Date(Math.max(...ends)))}. ${ownEnd}`,
    ],
  };
}
