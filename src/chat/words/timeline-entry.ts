import type { Json } from '../../core/canonical.ts';
import type { NewEvent } from '../../core/events.ts';
import type { CloudWords } from '../../core/policy/cloud.ts';
import { overseersOf } from '../../core/request/decide-ending.ts';
import type { AccessRequest, Party } from '../../core/request/request.ts';
import { field, list, text } from './event-data.ts';
import { joined, oneLine, type Phrase, type Piece } from './phrase.ts';

/** One line of a request's timeline. */
export interface TimelineEntry {
  readonly said: Phrase;
  /** Words that somebody typed, shown apart from ours. */
  readonly quote?: string | undefined;
}

/** What a line of the timeline needs to know besides its event. */
export interface TimelineContext {
  readonly request: AccessRequest;
  /** Whom to phone when nobody can be reached. */
  readonly phone: string;
  /** What its cloud calls its things. */
  readonly cloud: CloudWords;
}

/** Loud ones are told in the channel too, not only in the thread. */
export interface ShownEntry extends TimelineEntry {
  readonly loud: boolean;
}

export type Line = (data: NewEvent['data'], context: TimelineContext) => TimelineEntry;

/** Somebody whom the request names, or who was paged about it. */
export function partyIn(request: AccessRequest, id: string): Party | undefined {
  const { people = [], notified = [] } = request.pages ?? {};
  return [request.details.requester, ...overseersOf(request), ...people, ...notified].find((one) => one.id === id);
}

/** The same as a piece of what is said; somebody unknown by their bare id. */
export const person = (request: AccessRequest, value: Json | undefined, name?: Json): Piece => {
  const party = partyIn(request, text(value));
  return party ? { person: party } : text(name) || text(value) || 'the system';
};

export const people = (request: AccessRequest, value: Json | undefined): Phrase =>
  joined(list(value).map((id) => person(request, id)));

/** Whose word was said before and does not count any more. */
export const droppedWords = (dropped: Json | undefined): readonly string[] =>
  list(dropped).map(
    (one) =>
      ` ${oneLine(text(field(one, 'name')), 80)}, who said so before, could not say it now, so that does not count any more.`,
  );
