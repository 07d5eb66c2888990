import type { NewEvent } from '../../core/events.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import { list, text } from './event-data.ts';
import { oneLine, plural } from './phrase.ts';
import type { TimelineEntry } from './timeline-entry.ts';

/** What a yes is for, by the event that says that all of them are there. */
const APPROVED: Readonly<Record<string, string>> = { request_approved: 'access', extension_approved: 'more time' };

/**
 * What the default channel hears of what nobody but its requester approved (B2), in one line; undefined for every other
 * event. From the event and what was asked alone, so it is the same whenever it is told.
 */
export function selfApproved({ type, data }: NewEvent, { details }: AccessRequest): TimelineEntry | undefined {
  const what = APPROVED[type];
  const approvers = list(data.approvers).map(text);
  if (what === undefined || !approvers.every((id) => id === details.requester.id)) return undefined;
  const { role, account } = details.terms;
  return {
    said: [
      { person: details.requester },
      ` approved their own ${what}, and nobody else had to: `,
      { strong: role.name },
      ' (',
      oneLine(`zone ${role.zone}, account ${account.name}`, 150),
      `), ${plural(details.minutes, 'minute')}, for incident ${oneLine(details.incident.id, 60)}.`,
      ` /breakglass status ${details.id} shows it.`,
    ],
    quote: details.purpose,
  };
}
