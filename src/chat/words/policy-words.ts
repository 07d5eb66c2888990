import type { StoredEvent } from '../../core/events.ts';
import { list, text } from './event-data.ts';
import { oneLine } from './phrase.ts';

/** Changes named in one message; the log has all of them. */
const NAMED_MAX = 30;
const LINE_MAX = 200;

/** What a security channel hears of a policy that was put in force, a line each. */
export function policyNews({ data, actor, id }: Pick<StoredEvent, 'data' | 'actor' | 'id'>): readonly string[] {
  const changes = list(data.changes).map((change) => oneLine(text(change), LINE_MAX));
  const more = changes.length - NAMED_MAX;
  return [
    `Policy ${String(data.number ?? '?')} was put in force by ${oneLine(actor, 80)}.`,
    ...changes.slice(0, NAMED_MAX).map((change) => `• ${change}`),
    ...(more > 0 ? [`… and ${more} more: event ${id} of the log.`] : []),
  ];
}
