import type { NewEvent } from '../events.ts';
import { type Directory, onCallFor, type Person, personById, share, teamsOf, union } from '../policy/directory.ts';
import { incidentId, type Reason } from '../policy/policy.ts';
import { type Terms, termsDigest, termsOf, type WantedClause, wantedBy } from '../policy/terms.ts';
import { actingPerson } from './acting.ts';
import { type Asker, belowFloor, eligibleFor, firstReason, match, placesOf, type SeenTeams } from './approvals.ts';
import { type Acting, accept, addSeconds, type Decision, partyOf, refuse } from './decision.ts';
import { written } from './event-parts.ts';
import { type Facts, incidentFacts } from './facts.ts';
import type { AccessRequest, RequestDetails, TurnedDown } from './request.ts';
import { followedBy } from './requester-history.ts';
import { refusalAt } from './rule.ts';
import { RULES } from './rules.ts';
import type { CommandOf, SenderOf } from './transitions.ts';

/** Direct messages at once go to no more people than this. */
export const INVITE_MAX = 10;

type RequestCommand = CommandOf<'request'>;

/** Asks for access. Every value is checked here whatever the form offered (A2–A7, A9–A11). */
export function decideRequest(command: RequestCommand, actor: SenderOf<'request'>, facts: Facts, now: Date): Decision {
  const acting = actingPerson(actor, facts, now, 'ask');
  if (!acting.ok) return acting;
  const { person, teams, key, directory, policy } = acting;
  const { input } = command;

  if (input.incident.trim() === '') return refuse('no_incident', { field: 'incident' });
  // Its id names a stream of the log, also where no source could say that there is such an incident.
  if (!incidentId.safeParse(input.incident.trim()).success) {
    return refuse('incident_not_found', { field: 'incident' });
  }
  const terms = termsOf(policy, input.role);
  if (terms === undefined) return refuse('unknown_role', { field: 'role' });
  const digest = termsDigest(terms);
  const refusal = refusalAt(RULES, 'ask', {
    facts,
    now,
    given: [],
    policy,
    directory,
    account: 'member',
    terms,
    input,
    requester: { id: person.id, name: person.name, key, person },
    subject: person,
    shown: { digest: input.digest, stands: digest },
    minutes: { wanted: input.minutes, offered: terms.minutesOffered, max: terms.maxMinutes },
  });
  if (refusal) return { ok: false, refusal };
  // A rule has said so already, which the compiler cannot follow.
  const commander = personById(directory, input.commander);
  if (commander === undefined) return refuse('unknown_commander', { field: 'commander' });

  const details = detailsOf(command, acting, { terms, digest, commander, facts, follows: followedBy(facts, now), now });
  const seenTeams = watchedTeams(terms, directory, person.id, teams);
  const next: AccessRequest = {
    state: 'pending',
    details,
    approvals: [],
    seenTeams,
    incidentVerified: details.incident.verified,
  };
  return accept(next, { type: 'request_opened', data: openedData(details, teams) });
}

interface Settled {
  readonly terms: Terms;
  readonly digest: string;
  readonly commander: Person;
  readonly facts: Facts;
  readonly follows: TurnedDown | undefined;
  readonly now: Date;
}

/** What is fixed from now on. */
function detailsOf({ id, channels, input }: RequestCommand, acting: Acting, settled: Settled): RequestDetails {
  const { person, teams, key, directory } = acting;
  const { terms, digest, commander, facts, follows, now } = settled;
  const asker = { id: person.id, seen: teams };
  const { clauses } = wantedBy(terms, facts.incident.ok);
  const deciders = decidersOf(clauses, directory, asker);
  const incident = facts.incident.ok && typeof facts.incident.value === 'object' ? facts.incident.value : undefined;
  return {
    id,
    kind: 'real',
    askedAt: now,
    decideBy: addSeconds(now, terms.timings.decisionSeconds),
    // In the source's own spelling, so that one incident has one stream.
    incident: {
      id: incident?.id ?? input.incident.trim(),
      title: incident?.title ?? '',
      verified: facts.incident.ok,
      ...incidentFacts(facts),
    },
    channels,
    reason: input.reason as Reason,
    purpose: input.purpose.trim(),
    minutes: input.minutes,
    runbook: input.runbook,
    requester: partyOf(person),
    askedWith: key,
    commander: partyOf(commander),
    subject: { kind: 'person', person: person.id },
    deciders: deciders.map(partyOf),
    invite: inviteOf(clauses, directory, asker, deciders),
    terms,
    digest,
    ...(follows && { follows }),
  };
}

/**
 * All that was fixed at the asking, word for word: the row is held to it, and the digest that approvers saw can be
 * computed anew from its terms (E4). What else it says is named in `openedFrom`.
 */
const openedData = (details: RequestDetails, requesterTeams: readonly string[]): NewEvent['data'] => ({
  ...written(details),
  requesterTeams,
});

/**
 * The teams of everybody whose change of team could matter later: members of a clause's group, and team mates of the
 * requester. Whoever leaves the requester's team after the request stays inside for it.
 */
function watchedTeams(terms: Terms, directory: Directory, requester: string, teams: readonly string[]) {
  // Those of the clause too that an unverified incident adds: it may turn so at any click.
  const { clauses } = wantedBy(terms, false);
  const groups = clauses.flatMap((clause) => (clause.who === 'group' ? clause.teams : []));
  const watched = directory.people
    .map((person) => [person.id, teamsOf(directory, person)] as const)
    .filter(([id, own]) => id === requester || share(own, groups) || share(own, teams));
  return Object.fromEntries(watched);
}

/** Everyone who could fill some clause, the requester left out. */
export function decidersOf(
  clauses: readonly WantedClause[],
  directory: Directory,
  asker: Asker,
  seen: SeenTeams = {},
): Person[] {
  const found = clauses.flatMap((clause) => eligibleFor(clause, directory, asker, seen));
  return [...new Map(found.filter(({ id }) => id !== asker.id).map((person) => [person.id, person])).values()];
}

function inviteOf(
  clauses: readonly WantedClause[],
  directory: Directory,
  asker: Asker,
  deciders: readonly Person[],
): string[] {
  const groups = clauses.flatMap((clause) => (clause.who === 'group' ? [clause] : []));
  const onCall = deciders.filter((person) =>
    groups.some(
      (clause) =>
        onCallFor(directory, person.id, clause.teams) &&
        eligibleFor(clause, directory, asker).some(({ id }) => id === person.id),
    ),
  );
  return onCall.slice(0, INVITE_MAX).map(({ id }) => id);
}

/**
 * For a form, before anything is asked: how many people could fill each clause for this requester, and who is on call.
 * `seen` are teams of before that count too, where more is asked for on a request.
 */
export function outlook(terms: Terms, directory: Directory, requester: Person, seen: SeenTeams = {}) {
  const asker = { id: requester.id, seen: union(teamsOf(directory, requester), seen[requester.id] ?? []) };
  const clauseOutlook = (clause: WantedClause) => {
    const people = eligibleFor(clause, directory, asker, seen);
    const teams = clause.who === 'group' ? clause.teams : [];
    return {
      clause,
      places: placesOf(clause),
      people,
      onCall: people.filter((person) => onCallFor(directory, person.id, teams)),
    };
  };
  const candidates = directory.people
    .filter((person) => !person.suspended)
    .map((person) => ({
      id: person.id,
      teams: teamsOf(directory, person),
      seen: seen[person.id] ?? [],
      assurance: 'stepped_up' as const,
    }))
    .filter((candidate) => firstReason(terms.clauses, candidate, asker) === undefined);
  const { complete } = match(terms.clauses, candidates, asker);
  return {
    clauses: terms.clauses.map(clauseOutlook),
    /** What is wanted besides while the incident is unverified; undefined where the zone refuses then. */
    whileUnverified: terms.unverifiedIncident === 'accept' ? clauseOutlook(terms.unverifiedClause) : undefined,
    fillable: complete && belowFloor(wantedBy(terms, true), candidates, asker, []) === undefined,
  };
}
