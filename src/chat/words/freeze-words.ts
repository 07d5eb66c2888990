import type { StoredEvent } from '../../core/events.ts';
import { type Freeze, freezeDetail } from '../../core/request/freeze.ts';
import { field, list, text } from './event-data.ts';
import { oneLine } from './phrase.ts';
import { droppedWords } from './timeline-entry.ts';
import { frozenWords } from './words.ts';

/** On top of every form while openings are frozen: by whom, since when, why, and what to do. */
export const bannerWords = (freeze: Freeze, sending: 'opens' | 'takes away'): string =>
  sending === 'opens'
    ? `⛔ ${frozenWords(freezeDetail(freeze))} Sending this is refused until two security people lift it (/breakglass thaw). Phone security if it cannot wait.`
    : `⛔ ${frozenWords(freezeDetail(freeze))} This form works all the same: it opens nothing.`;

/** What the channels hear of a freeze, and of each step of lifting it; `current` is the freeze as it stands when they do. */
export function freezeNews({ type, data, at }: Pick<StoredEvent, 'type' | 'data' | 'at'>, current: Freeze | undefined) {
  // Told late, it may be over, and another one begun.
  const still = current !== undefined && at >= current.at ? current : undefined;
  if (type === 'openings_thawed') {
    const by = list(data.by)
      .map((one) => oneLine(text(field(one, 'name')), 80))
      .join(' and ');
    return current === undefined
      ? `Openings are not frozen any more; lifted by ${by}. Approvals count again.`
      : `A freeze of openings was lifted by ${by}. They are frozen again: ${frozenWords(freezeDetail(current))}`;
  }
  const name = oneLine(text(data.name), 80);
  if (type === 'thaw_requested') {
    return still === undefined
      ? `${name} wanted openings to go on. That freeze is lifted by now.`
      : `${name} wants openings to go on. They stay frozen until another security person types /breakglass thaw too.${droppedWords(data.dropped).join('')} ${frozenWords(freezeDetail(still))}`;
  }
  const detail = { by: text(data.name), reason: text(data.reason), at: at.toISOString() };
  return still === undefined
    ? `${frozenWords(detail, 'were')} That is lifted by now.`
    : frozenNews(freezeDetail(still), data.all === true);
}

/** What is said of openings that were just frozen. */
export function frozenNews(detail: ReturnType<typeof freezeDetail>, all: boolean): string {
  const open = all ? 'Everything that is open is being ended.' : 'What is open goes on to its end.';
  return `${frozenWords(detail)} Nothing is opened. ${open} Two security people lift it: /breakglass thaw.`;
}

/** The lines above every list of requests while openings are frozen. */
export function frozenLines(frozen: Freeze | undefined): readonly string[] {
  if (frozen === undefined) return [];
  const wants = frozen.lifts.map(({ by }) => oneLine(by.name, 80)).join(', ');
  return [
    `FROZEN. ${frozenWords(freezeDetail(frozen))}${frozen.all ? ' Everything open is being ended.' : ''}`,
    ...(wants === '' ? [] : [`${wants} wants it lifted; another security person must say so too.`]),
  ];
}
