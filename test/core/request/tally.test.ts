import type { ChatIdentity, Directory, Person } from '../../../src/core/policy/directory.ts';
import { wantedBy } from '../../../src/core/policy/terms.ts';
import { tally } from '../../../src/core/request/approvals.ts';
import { openNow } from '../../../src/core/request/decide-approve.ts';
import { aDirectory, walkTo } from '../../support/requests.ts';

/* An approval is judged anew by the directory of today (B4): whose account it came from must still be one person's, theirs. */

const { request } = walkTo('granting');
const AVERY = { workspace: 'T0BREAK', user: 'U0AVERY' };
const ELSEWHERE = { workspace: 'T0OTHER', user: 'U0AVERY' };

/** Everybody, some of them changed, and whoever is new. */
const directoryWith = (change: Record<string, Partial<Person>>, ...more: readonly Person[]): Directory => {
  const directory = aDirectory();
  return { ...directory, people: [...directory.people.map((one) => ({ ...one, ...change[one.id] })), ...more] };
};

const stranger = (slack: readonly ChatIdentity[]): Person => ({
  id: 'stranger',
  name: 'Stranger',
  teams: ['platform'],
  chats: { slack },
  clouds: {},
});

it.each<[what: string, why: readonly string[], directory: Directory]>([
  ['as it was', [], directoryWith({})],
  ['with another account besides', [], directoryWith({ avery: { chats: { slack: [ELSEWHERE, AVERY] } } })],
  ['shared with somebody who is listed later', ['ambiguous_person'], directoryWith({}, stranger([AVERY]))],
  ['taken off everybody', ['ambiguous_person'], directoryWith({ avery: { chats: { slack: [ELSEWHERE] } } })],
  ['given to somebody else', ['unknown_person'], directoryWith({ avery: { chats: { slack: [] } } }, stranger([AVERY]))],
])('an approval from an account %s: %j', (_what, why, directory) => {
  const asker = { id: 'riley', seen: [] };
  const { details, approvals, seenTeams } = request;
  const { voided, complete } = tally(
    wantedBy(details.terms, true),
    approvals,
    asker,
    details.digest,
    directory,
    seenTeams,
  );
  expect(voided.map((one) => one.why)).toEqual(why);
  expect(complete).toBe(why.length === 0);
});

it('a card counts nobody who shared a team with the requester since they asked', () => {
  const { request: pending } = walkTo('pending');
  const seen = openNow(pending, directoryWith({ riley: { teams: ['platform'] } }))?.asker.seen;
  expect(seen).toEqual(expect.arrayContaining(['payments', 'platform']));
});
