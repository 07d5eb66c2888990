import type { Account, Policy, Role, Runbook, Timings } from './policy.ts';

/*
 * A phrase for every member of every part of a policy: what a change of it is called. A member that is added to a schema
 * does not compile until it has its own here. Names and figures, never documents and never a secret.
 */

/** For each member, what to say of its change. Its `id` never changes: with another one it is another thing. */
export type Words<T> = { readonly [K in Exclude<keyof T, 'id'>]-?: (after: T[K], before: T[K]) => string };

type Ids = readonly string[] | undefined;
const list = (ids: Ids, none = 'nobody'): string => ids?.join(', ') || none;
/** For sets of names: those now and those before. */
const now = (what: string, none?: string) => (after: Ids, before: Ids) =>
  `${what}: ${list(after, none)} (was ${list(before, none)})`;
/** For the same in a list of changes. */
export const arrow = (what: string) => (after: Ids, before: Ids) =>
  `${what} ${list(before, 'none')} → ${list(after, 'none')}`;
/** For figures and single names. */
export const moved =
  (what: string, unit = '') =>
  (after: string | number, before: string | number) =>
    `${what} ${before} → ${after}${unit}`;
/** For what is too long to say, or nobody's business. */
export const other = (what: string) => () => what;

const places = (channels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(channels ?? {})
    .map(([chat, channel]) => `${channel} (${chat})`)
    .join(', ') || 'none';

const seconds = (what: string) => (after: number, before: number) => `${what}: ${before} → ${after} s`;

/** For a policy in which all that has words of its own is as it was, and that is another one all the same. */
export const FORM_WORDS = 'its order or form changed';

/** For a change of `timings`, in seconds. */
export const TIMING_WORDS: Words<Timings> = {
  decisionSeconds: seconds('time to answer a request (decisionSeconds)'),
  openingAllowanceSeconds: seconds('time to open what was planned (openingAllowanceSeconds)'),
  propagationSeconds: seconds('time until a removal has reached every session (propagationSeconds)'),
  warnSeconds: seconds('warning before the end (warnSeconds)'),
  extendUntilSeconds: seconds('last time to ask for more, before the end (extendUntilSeconds)'),
  remindSeconds: seconds('first reminder of approvers (remindSeconds)'),
  remindAgainSeconds: seconds('second reminder of approvers (remindAgainSeconds)'),
  escalateSeconds: seconds('time until everybody else who could approve is asked (escalateSeconds)'),
  commanderSeconds: seconds('time until the incident commander is asked (commanderSeconds)'),
  pageEverySeconds: seconds('time between pages of a failing ending (pageEverySeconds)'),
  lostSeconds: seconds('time between the two looks for lost access (lostSeconds)'),
};

/** Of one chat. */
export const CHANNEL_WORDS: Words<Policy['channels'][string]> = {
  default: moved('default channel'),
  security: moved('security channel'),
};

/** For a change of `security`. */
export const SECURITY_WORDS: Words<Policy['security']> = {
  teams: now('teams that may freeze, thaw and attest (security.teams)'),
  page: now('teams whose on-call is paged (security.page)', 'the security teams'),
};

/** For a change of `requests`, which bounds what one person may ask for. */
export const ASKING_WORDS: Words<Policy['requests']> = {
  maxObjects: moved('objects of one person that may stand in an account (requests.maxObjects):'),
};

const orAny = (severity: number | undefined): string => (severity === undefined ? 'any' : `${severity} or worse`);

type ZoneRules = Policy['zones']['A'];
/** For a change of a zone's rules. */
export const ZONE_WORDS: Words<ZoneRules> = {
  maxMinutes: moved('cap', ' min'),
  minutesOffered: (after, before) => `offers ${after.join(', ')} min (was ${before.join(', ')})`,
  approvals: other('who must approve changed'),
  unverified_incident: (after) =>
    after === 'refuse'
      ? 'nothing is opened for an incident that cannot be verified now'
      : 'an incident that cannot be verified is enough now, with one more approval',
  minSeverity: (after, before) => `incident of severity ${orAny(before)} → ${orAny(after)}`,
};

/** What every account says; what else it says has words of its cloud. */
export const ACCOUNT_WORDS: Words<Account> = {
  name: moved('name'),
  provider: moved('cloud'),
};

/** What every role says; what else it says has words of its cloud. */
export const ROLE_WORDS: Words<Role> = {
  name: moved('name'),
  summary: other('its summary'),
  zone: moved('zone'),
  domain: moved('domain'),
  environment: moved('environment'),
  provider: moved('cloud'),
  account: moved('account'),
  maxMinutes: moved('cap', ' min'),
  maxTotalMinutes: (after, before) =>
    `cap with every extension ${before ?? 'as asked'} → ${after ?? 'as asked'}${after === undefined ? '' : ' min'}`,
  mayAsk: arrow('who may ask:'),
  approvals: other('its own approvals'),
};

/** For a change of a runbook. */
export const RUNBOOK_WORDS: Words<Runbook> = {
  title: moved('title'),
  url: other('its address'),
  role: moved('role'),
  minutes: moved('minutes'),
  reason: moved('reason'),
  trigger: other('when it is used'),
  escalation: other('how to escalate'),
};

/** For a change of a listed team. */
export const TEAM_WORDS: Words<Policy['teams'][number]> = {
  name: moved('name'),
  parent: (after, before) => `parent ${before ?? 'none'} → ${after ?? 'none'}`,
};

/** For a change of a listed person. */
export const PERSON_WORDS: Words<Policy['people'][number]> = {
  name: moved('name'),
  teams: arrow('teams'),
  chats: other('their chat accounts'),
  clouds: other('who they are to the cloud'),
  email: other('their e-mail'),
  suspended: (after) => (after ? 'suspended' : 'no longer suspended'),
};

/** For a change of a listed incident. */
export const INCIDENT_WORDS: Words<Policy['incidentList'][number]> = {
  title: other('its title'),
  state: (after) => `now ${after}`,
  severity: (after, before) => `severity ${before ?? 'unknown'} → ${after ?? 'unknown'}`,
  startedAt: (after, before) => `began ${before ?? 'unknown'} → ${after ?? 'unknown'}`,
  endedAt: (after, before) => `over ${before ?? 'unknown'} → ${after ?? 'unknown'}`,
  channels: (after, before) => `channels ${places(before)} → ${places(after)}`,
};
