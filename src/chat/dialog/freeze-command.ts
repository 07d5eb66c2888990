import { QUOTES } from '../../core/typed.ts';

/** What somebody who typed `freeze` wants ended besides. */
export interface FreezeWish {
  /** `ask`: the words begin with "all" and say more, so it may be a reason only. Nobody guesses: they are asked. */
  readonly end: 'nothing' | 'everything' | 'ask';
  readonly reason: string;
}

/** `freeze` as a word of its own, or grown together with `all`: a role or incident may be called freeze-something. */
const FREEZE = /^[^\p{L}\p{N}]*freeze(?=$|[^\p{L}\p{N}_.-]|[_.-]+(?:\s|$)|[_.-]*all)/iu;
/** `all` in quotes is that word; "all" that stands open in quotes with more behind it is not. */
const Q = `[${QUOTES}]*`;
const AFTER_FREEZE = new RegExp(`^[${QUOTES}]+`, 'u');
const ALL_ALONE = new RegExp(`^\\s+${Q}all[\\s.!${QUOTES}]*$`, 'iu');
const ALL_WITH_REASON = new RegExp(`^\\s+${Q}all${Q}\\s*[:\\u2236\\uA789](.*)$`, 'iu');
const BEGINS_WITH_ALL = /^[^\p{L}\p{N}]*all/iu;
/** What parts a command from its reason, and is none of it. */
const BEFORE_REASON = /^[\s:,;.!\p{Pd}]+/u;

/**
 * Reads the text of a command that freezes; undefined where it is another one. Whatever is read here, openings are frozen:
 * only `all` alone, or before a colon and a reason, ends what is open at once. Characters that look or space alike count
 * as the plain ones, as phones and smart punctuation write them.
 */
export function freezeWish(text: string): FreezeWish | undefined {
  // Without a break here, what nobody sees would be left out: "all", a zero-width space, "hands" is no word.
  const said = text
    .normalize('NFKC')
    .replace(/[\p{Cf}\s]+/gu, ' ')
    .trim();
  const freeze = FREEZE.exec(said);
  if (freeze === null) return undefined;
  const rest = said.slice(freeze[0].length).replace(AFTER_FREEZE, '');
  if (ALL_ALONE.test(rest)) return { end: 'everything', reason: '' };
  const reasoned = ALL_WITH_REASON.exec(rest);
  if (reasoned !== null) return { end: 'everything', reason: (reasoned[1] ?? '').trim() };
  const reason = rest.replace(BEFORE_REASON, '').trim();
  return { end: BEGINS_WITH_ALL.test(rest) ? 'ask' : 'nothing', reason };
}
