import { type Directory, type Person, personById, share, teamsOf } from '../policy/directory.ts';
import type { Policy } from '../policy/policy.ts';
import { addSeconds, partyOf } from './decision.ts';
import { approversOf } from './extension.ts';
import type { AccessRequest, Party } from './request.ts';

type Revoking = Extract<AccessRequest, { state: 'revoking' }>;

/** On-call is paged from this many failures in a row on (D6). */
export const PAGE_AFTER = 2;
/** So many of the teams are paged in one round; the commander comes on top. */
export const PAGE_MAX = 10;

/**
 * When the next round is due: while the ending keeps failing, and once for each time that somebody took it back, which
 * is somebody's deed from the first time on. Undefined otherwise.
 */
export function nextPageAt({ failures, failingSince, undone, pages, details }: Revoking): Date | undefined {
  const failing = failures >= PAGE_AFTER ? failingSince : undefined;
  const anew = undone !== undefined && (pages === undefined || undone.at > pages.at) ? undone.at : undefined;
  const since = failing ?? anew;
  if (since === undefined) return undefined;
  return pages === undefined ? since : addSeconds(pages.at, details.terms.timings.pageEverySeconds);
}

/** Is somebody of the newest round still to be tried, or tried again? Not once the ending it was about went through. */
export const isOwed = ({ failures, undone, pages }: Revoking): boolean =>
  pages !== undefined &&
  (failures >= PAGE_AFTER || undone !== undefined) &&
  (pages.again === undefined || pages.again.length > 0);

const unique = (parties: readonly Party[]): readonly Party[] => [
  ...new Map(parties.map((party) => [party.id, party])).values(),
];

/**
 * Whom a team trouble is for: who is on call for the teams to page, else for the security teams, else everybody of
 * them; at most 10. Empty where nobody of them is known.
 */
export function onDuty({ security }: Policy, directory: Directory): readonly Party[] {
  const { page, teams } = security;
  const both = [...page, ...teams];
  const groups = [
    onCallOf(directory, page),
    onCallOf(directory, teams),
    directory.people.filter((person) => share([...person.teams, ...teamsOf(directory, person)], both)),
  ];
  const there = groups.map((people) => people.filter(({ suspended }) => suspended !== true));
  const chosen = there.find((people) => people.length > 0) ?? [];
  return unique(chosen.map(partyOf)).slice(0, PAGE_MAX);
}

const onCallOf = (directory: Directory, teams: readonly string[]): readonly Person[] =>
  teams.flatMap((team) => directory.onCall[team] ?? []).flatMap((id) => personById(directory, id) ?? []);

/**
 * Whom a failing ending is for: those on duty and the commander. Where nobody on duty is known, since the directory does
 * not answer or names none, those who approved it are.
 */
export function peopleToPage(
  request: Revoking,
  policy: Policy | undefined,
  directory: Directory | undefined,
): readonly Party[] {
  const duty = policy === undefined || directory === undefined ? [] : onDuty(policy, directory);
  const answerable = duty.length > 0 ? duty : approversOf(request).map(({ by }) => by);
  return unique([...answerable, request.details.commander]);
}
