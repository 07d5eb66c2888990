import { type Phrase, utc } from '../../../src/chat/words/phrase.ts';
import { cut } from '../../../src/core/cut.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import { PLAIN } from './definition.ts';

/** The chat's only markup is a mention, `@[m-riley]`: somebody's own words never make one. */
export const inert = (text: string): string => text.replaceAll('@[', '@ [');

/** The user of the first of these keys that is of this house. */
export function memberOf(keys: readonly ChatKey[], house: string): string | undefined {
  const own = `${PLAIN}:${house}:`;
  return keys.find((key) => key.startsWith(own))?.slice(own.length);
}

export const mention = (member: string): string => `@[${member}]`;

/** The phrase in this chat's words: people of this house are mentioned, others named. */
export const spoken = (phrase: Phrase, house: string): string =>
  phrase
    .map((piece) => {
      if (typeof piece === 'string') return inert(piece);
      if ('strong' in piece) return inert(piece.strong);
      if ('code' in piece) return inert(piece.code);
      if ('at' in piece) return utc(piece.at);
      const member = memberOf(piece.person.keys, house);
      return member === undefined ? inert(piece.person.name) : mention(member);
    })
    .join('');

/** Text that fits, with what must stand below it. */
export const fitting = (text: string, below: string, max: number): string =>
  below === '' ? cut(text, max) : `${cut(text, max - below.length - 1)}\n${below}`;
