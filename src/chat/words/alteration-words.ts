import type { AlteredPart } from '../../core/request/alteration.ts';
import { oneLine } from './phrase.ts';

/** What was changed, as its event or its row says it: a part that an older or newer version wrote may be any text. */
export interface Altered {
  readonly part: string;
  readonly name?: string | undefined;
}

const PARTS: Readonly<Record<AlteredPart, string>> = {
  entry: 'who may enter',
  ceiling: 'the ceiling on what it may do',
  sessions: 'how long a session may last',
  labels: 'the labels that say whose it is',
  end: 'the end that the cloud itself enforces',
  ended: 'it was shut',
  permissions: 'what it allows',
  definition: 'the content of the policy',
};

const isPart = (part: string): part is AlteredPart => Object.hasOwn(PARTS, part);

/** So many are named in one message. */
const NAMED_MAX = 6;

/** What was changed, in a list; names come from the cloud and are cut. */
const listed = (altered: readonly Altered[]): string =>
  altered
    .slice(0, NAMED_MAX)
    .map(({ part, name = '' }) => {
      const said = isPart(part) ? PARTS[part] : oneLine(part, 40);
      return name === '' ? said : `${said} (${oneLine(name, 128)})`;
    })
    .concat(altered.length > NAMED_MAX ? [`${altered.length - NAMED_MAX} more`] : [])
    .join('; ');

const WHAT_NOW = 'I end it at its time. End it now if it should not go on; security must look at who changed it.';

/** The alarm that open access was changed. */
export const alteredWords = (altered: readonly Altered[]): string =>
  `Somebody changed this open access in the cloud: ${listed(altered)}. ${WHAT_NOW}`;

/** The same on the card, of everything that was changed since it was opened. */
export const alteredSince = (altered: readonly Altered[]): string =>
  altered.length === 0 ? '' : ` Changed in the cloud since it was opened, not by me: ${listed(altered)}. ${WHAT_NOW}`;
