import fc from 'fast-check';
import {
  type ChatIdentity,
  type ChatKey,
  chatOf,
  type Directory,
  keyOf,
  keysOf,
  type Person,
  personOf,
} from '../../../src/core/policy/directory.ts';

/* Who is behind an account, of whichever chat (A2). `pigeon` and `smoke` are chats that no adapter knows. */

const person = (id: string, chats: Person['chats'], more: Partial<Person> = {}): Person => ({
  id,
  name: id,
  teams: [],
  chats,
  clouds: {},
  ...more,
});
const of = (...people: readonly Person[]): Directory => ({ people, teams: [], onCall: {} });
const ana = person('ana', {
  pigeon: [{ loft: 'L1', user: 'U1' }],
  smoke: [
    { hill: 'H1', user: 'u-1' },
    { user: 'u-2', hill: 'H1' },
  ],
});

it('is known by one key for each account, of the chat, the organisation and the user', () => {
  expect(keysOf(ana)).toEqual(['pigeon:L1:U1', 'smoke:H1:u-1', 'smoke:H1:u-2']);
  expect(keysOf(ana).map(chatOf)).toEqual(['pigeon', 'smoke', 'smoke']);
  expect(keysOf(ana).map((key) => personOf(of(person('bo', {}), ana), key))).toEqual([ana, ana, ana]);
});

it.each<[entry: string, entry: ChatIdentity]>([
  ['of no organisation', { user: 'U1' }],
  ['of two', { user: 'U1', loft: 'L1', hill: 'H1' }],
  ['of an organisation without a name', { user: 'U1', loft: '' }],
  ['whose user holds a colon', { user: 'U1:U2', loft: 'L1' }],
  ['whose organisation holds a colon', { user: 'U2', loft: 'L1:U1' }],
])('an entry %s is nobody’s account', (_what, entry) => {
  expect(keyOf('pigeon', entry)).toBeUndefined();
  expect(keysOf(person('bo', { pigeon: [entry] }))).toEqual([]);
});

it.each<[what: string, chats: Person['chats']]>([
  ['as it is', { pigeon: [{ user: 'U1', loft: 'L1' }] }],
  [
    'among others of theirs, in another chat’s list too',
    {
      smoke: [{ hill: 'H9', user: 'U1' }],
      pigeon: [
        { loft: 'L2', user: 'U1' },
        { loft: 'L1', user: 'U1' },
      ],
    },
  ],
  ['in other letter case', { pigeon: [{ loft: 'l1', user: 'u1' }] }],
])('an account that somebody else is listed with, %s, is nobody’s: a no for both', (_what, chats) => {
  const bo = person('bo', chats);
  for (const directory of [of(ana, bo), of(bo, ana)]) {
    expect(personOf(directory, 'pigeon:L1:U1')).toBe('ambiguous');
    expect(personOf(directory, 'smoke:H1:u-1')).toBe(ana);
  }
});

it('is nobody’s who names it in another letter case, in another chat, or by what is no chat at all', () => {
  const keys: readonly ChatKey[] = ['pigeon:l1:u1', 'smoke:L1:U1', 'constructor:L1:U1', '__proto__:L1:U1', '::'];
  expect(keys.map((key) => personOf(of(ana), key))).toEqual(keys.map(() => 'unknown'));
});

it('an e-mail opens nothing: nobody is found by one, and nobody is another for having the same', () => {
  const email = 'ana@example.com';
  const directory = of(person('bo', {}, { email }), { ...ana, email });
  const asked: readonly ChatKey[] = [`pigeon:L1:${email}`, `pigeon:${email}:U1`, `email:${email}:`, `smoke::${email}`];
  expect(asked.map((key) => personOf(directory, key))).toEqual(asked.map(() => 'unknown'));
  expect(personOf(directory, 'pigeon:L1:U1')).toMatchObject({ id: 'ana' });
});

it('a key says its account and no other, however its parts are written', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'B', ':', '-'), maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom('pigeon', 'smoke'), part, part, (chat, hill, user) => {
      const key = keyOf(chat, { hill, user });
      expect(key === undefined ? [chat, hill, user] : key.split(':')).toEqual([chat, hill, user]);
    }),
  );
});
