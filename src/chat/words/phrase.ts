import { cut } from '../../core/cut.ts';
import type { Party } from '../../core/request/request.ts';

/**
 * What is said to people, before any chat's markup. A plain string is data: whoever draws it makes it inert, so a text
 * that somebody typed can never become a link, a mention or formatting.
 */
export type Piece =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  /** Shown in the reader's own zone, and in UTC. */
  | { readonly at: Date }
  | { readonly person: Pick<Party, 'id' | 'name' | 'keys'> };

export type Phrase = readonly Piece[];

/** `02 Mar 2026, 14:05 UTC`: the same for every reader. */
export function utc(at: Date): string {
  const [, weekdayless = ''] = at.toUTCString().split(', ');
  const [day, month, year, clock = ''] = weekdayless.split(' ');
  return `${day} ${month} ${year}, ${clock.slice(0, 5)} UTC`;
}

/** The phrase as bare words, for logs, notifications and places without markup. */
export const wordsOf = (phrase: Phrase): string =>
  phrase
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      if ('strong' in piece) return piece.strong;
      if ('code' in piece) return piece.code;
      return 'at' in piece ? utc(piece.at) : piece.person.name;
    })
    .join('');

/** Pieces with something between them: `a, b, c`. */
export const joined = (pieces: readonly Piece[], between = ', '): Phrase =>
  pieces.flatMap((piece, index): Piece[] => (index === 0 ? [piece] : [between, piece]));

/**
 * Characters that show nothing but change what is shown: controls, zero-width characters, direction overrides, tags,
 * half characters, blank letters. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u115F\u1160\u3164\uFFA0]/gu;

/** Typed text on one line, without characters that nobody sees, cut with an ellipsis at `max` UTF-16 units. */
export function oneLine(text: string, max = 500): string {
  const clean = text.replace(/\s+/gu, ' ').replace(UNSEEN, '').replace(/ +/g, ' ').trim();
  return cut(clean, max);
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** As the beginning of a sentence. */
export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
