/** Quotes of every script, back-ticks and primes, for a class of a pattern: phones and editors make these of plain ones. */
export const QUOTES = '"\'`´ˋ′″‵‶〝〞‚„\\p{Pi}\\p{Pf}';
/** What stands around a word that was typed or pasted and is none of it: besides, brackets and marks of emphasis. */
const AROUND = `${QUOTES}\\p{Ps}\\p{Pe}<>*~`;
const BEFORE = new RegExp(`^[${AROUND}]+`, 'u');
const AFTER = new RegExp(`[${AROUND}.,;:!?…]+$`, 'u');

/**
 * An id as it was meant: without what stands around it, nor what nobody sees; full-width letters and every dash as the
 * plain ones. Letter case is kept: who compares ids says what it means there.
 */
export const typedId = (word: string): string =>
  plainCharacters(word.replace(BEFORE, '').replace(AFTER, '')).replace(BEFORE, '').replace(AFTER, '');

/** How far a full-width character stands behind the plain one. Other look-alikes are another id: INC-42² is not INC-422. */
const FULL_WIDTH = 0xfee0;

const plainCharacters = (word: string): string =>
  word
    .replace(/[\uFF01-\uFF5E]/gu, (full) => String.fromCharCode(full.charCodeAt(0) - FULL_WIDTH))
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .trim();

/** One word of what was typed. */
export interface TypedWord {
  /** As it stands there: a reason keeps its own quotes. */
  readonly raw: string;
  readonly id: string;
}

/** A word, with the id that was meant by it. */
export const typedWord = (raw: string): TypedWord => ({ raw, id: typedId(raw) });

/** What was typed after so many words, word for word: a reason may be nothing but punctuation. */
export function typedAfter(text: string, count: number): string {
  const all = text.trim().split(/\s+/u);
  let at = 0;
  for (let named = 0; named < count && at < all.length; at += 1) if (typedId(all[at] ?? '') !== '') named += 1;
  return all.slice(at).join(' ');
}

/** The words of a command, without those that are nothing but quotes. */
export const typedWords = (text: string): readonly TypedWord[] =>
  text
    .split(/\s+/u)
    .map(typedWord)
    .filter(({ id }) => id !== '');

/**
 * What this word names: the one whose id it is to the letter, else the one whose id it is without what stands around it and
 * whatever the letter case. Undefined where it names none.
 */
export const namedBy = <T extends { readonly id: string }>({ raw, id }: TypedWord, all: readonly T[]): T | undefined =>
  all.find((one) => one.id === raw) ?? all.find((one) => one.id.toLowerCase() === id.toLowerCase());
