import type { Person } from '../../../src/core/policy/directory.ts';
import type { Party } from '../../../src/core/request/request.ts';
import { hasSaid } from '../../../src/core/request/two-people.ts';
import { KEYS } from '../../support/requests.ts';

/*
 * Two words count only when they are two people's (B11): whoever said it before is known again by their id, by the account
 * that it came from, and by every account that was theirs then.
 */

const avery: Person = { id: 'avery', name: 'Avery', teams: [], chats: { slack: [] }, clouds: {} };
const party = (id: string, ...keys: Party['keys']): Party => ({ id, name: id, keys });

it.each<[what: string, said: boolean, by: Party, from: Party['keys'][number]]>([
  ['this person, from another account', true, party('avery', KEYS.riley), KEYS.riley],
  ['this account, which the directory did not list as theirs', true, party('riley', KEYS.riley), KEYS.avery],
  ['another account of whoever had this one too', true, party('riley', KEYS.riley, KEYS.avery), KEYS.riley],
  ['somebody else, from elsewhere', false, party('riley', KEYS.riley), KEYS.riley],
])('a word of %s: said already is %s', (_what, said, by, key) => {
  expect(
    hasSaid(
      [
        { by: party('casey', KEYS.casey), key: KEYS.casey },
        { by, key },
      ],
      avery,
      KEYS.avery,
    ),
  ).toBe(said);
});

it('nobody has said anything yet', () => expect(hasSaid([], avery, KEYS.avery)).toBe(false));
