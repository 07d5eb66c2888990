import type { StoredEvent } from '../../src/core/events.ts';
import { personOf, teamOf } from './catalog.ts';
import type { Arrived } from './deliveries.ts';
import type { Spell } from './fault-injector.ts';
import type { People, PersonStatus } from './people.ts';

/*
 * Was access planned only while everything that its zone wants was there? Judged by who pressed what, as it arrived,
 * and by who stood how in the directory and the chat at that time. Shares no code with the product, and knows the
 * approval matrix by heart.
 */

/** What a zone wants: so many different people, each of one of these teams, none of them of the requester's. */
const WANTED: Readonly<{ [zone: string]: readonly (readonly string[])[] }> = {
  B: [['sre', 'security']],
  C: [['security'], ['sre']],
};

/** One more, in every zone, where the log itself says that the incident was unverified when it was planned. */
const UNVERIFIED = ['sre', 'security'] as const;

/** How old a look-up may be, in milliseconds, where nothing held anybody up; and the most that the product allows itself. */
const AGE_MS = 10_000;
const AGE_MAX_MS = 60_000;
/** What the chat takes from a press to its arrival here is nothing; clocks of database and harness are the same machine's. */
const SLACK_MS = 50;

export interface Evidence {
  readonly people: People;
  readonly arrived: readonly Arrived[];
  readonly spells: readonly Spell[];
  readonly personOfUser: (user: string) => string;
}

export interface Judged {
  readonly lane: number;
  readonly zone: string;
  readonly requestId: string;
  readonly events: readonly StoredEvent[];
}

/** Plans that nobody could have approved: empty when all is well. */
export function unapproved(judged: Judged, evidence: Evidence): readonly string[] {
  const asked = judged.events[0]?.at.getTime() ?? 0;
  return judged.events.flatMap((event) => {
    const wanted = wantedAt(judged.zone, event);
    const at = event.at.getTime();
    if (event.type === 'access_planned')
      return problemsAt(judged, evidence, { since: asked, at, wanted }, 'the access');
    if (event.type !== 'extension_planned') return [];
    const since = judged.events.findLast(({ type, seq }) => type === 'extension_asked' && seq < event.seq)?.at;
    return problemsAt(judged, evidence, { since: since?.getTime() ?? asked, at, wanted }, 'more time');
  });
}

/** What its zone wants, and one more unless the log says that the incident was verified then. */
const wantedAt = (zone: string, { data }: StoredEvent): Wanted => [
  ...(WANTED[zone] ?? []),
  ...(data.incidentVerified === true ? [] : [UNVERIFIED]),
];

type Wanted = readonly (readonly string[])[];
interface Planned {
  /** When it was asked for, and when it was planned. */
  readonly since: number;
  readonly at: number;
  readonly wanted: Wanted;
}

function problemsAt(
  judged: Judged,
  evidence: Evidence,
  { since, at, wanted }: Planned,
  what: string,
): readonly string[] {
  const { people } = evidence;
  const requester = personOf(judged.lane, 'requester');
  const pressed = whoPressed(judged, evidence, since, at);
  const from = Math.max(at - oldest(at, evidence.spells), since - SLACK_MS);
  const instants = people.instants([requester, ...pressed], from, at + SLACK_MS);
  const fine = instants.some((instant) => isSatisfied(judged, wanted, people, pressed, instant));
  if (fine) return [];
  const seen = [requester, ...pressed].map((id) => `${id}: ${JSON.stringify(people.at(id, at))}`);
  return [`${what} was planned at ${new Date(at).toISOString()} without its approvals (${seen.join('; ')})`];
}

/** Different people who pressed Approve on this request and, where there is a form behind the button, sent it. */
function whoPressed({ zone, requestId }: Judged, evidence: Evidence, since: number, at: number): readonly string[] {
  const { arrived, personOfUser } = evidence;
  const before = arrived.filter((one) => one.at >= since - SLACK_MS && one.at <= at + SLACK_MS);
  const pressers = before.filter(({ what, about }) => what === 'bg_approve' && about === requestId);
  const decided = pressers.filter(
    (press) =>
      zone !== 'C' ||
      before.some(({ what, user, at: sent }) => what === 'bg_form_approve' && user === press.user && sent >= press.at),
  );
  return [...new Set(decided.map(({ user }) => personOfUser(user)))];
}

/** A look-up may be older by as long as something held the process up that made it. */
function oldest(at: number, spells: readonly Spell[]): number {
  const held = spells.reduce((sum, { from, to }) => {
    const begin = Math.max(from, at - AGE_MAX_MS);
    return sum + Math.max(0, Math.min(to, at) - begin);
  }, 0);
  return Math.min(AGE_MAX_MS, AGE_MS + held);
}

const isActive = ({ known, suspended, inChat, teams }: PersonStatus): boolean =>
  known && !suspended && inChat && teams.length > 0;

function isSatisfied(
  { lane, zone }: Judged,
  wanted: Wanted,
  people: People,
  pressed: readonly string[],
  instant: number,
): boolean {
  const requesterId = personOf(lane, 'requester');
  const requester = people.at(requesterId, instant);
  if (!isActive(requester) || !requester.teams.includes(teamOf(lane))) return false;
  if (zone === 'A' && !pressed.includes(requesterId)) return false;
  const outside = pressed.filter((id) => {
    const status = people.at(id, instant);
    return id !== requesterId && isActive(status) && !status.teams.some((team) => requester.teams.includes(team));
  });
  return filled(wanted, outside, (id, place) => people.at(id, instant).teams.some((team) => place.includes(team)));
}

/** Can each place be filled by somebody of their own? There are few places and few people. */
function filled(
  places: readonly (readonly string[])[],
  people: readonly string[],
  fits: (id: string, wanted: readonly string[]) => boolean,
): boolean {
  const [place, ...others] = places;
  if (place === undefined) return true;
  return people.some(
    (id) =>
      fits(id, place) &&
      filled(
        others,
        people.filter((one) => one !== id),
        fits,
      ),
  );
}
