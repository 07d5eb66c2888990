import type { Clouds } from '../policy/cloud.ts';
import type { ChatKey, Cloud, Directory } from '../policy/directory.ts';
import type { IncidentRecord, Policy } from '../policy/policy.ts';
import type { Freeze } from './freeze.ts';
import type { IncidentFacts, State, TurnedDown } from './request.ts';

/** The answer of a look-up, or that there was none. `at` is when it was asked, by the store's clock. */
export type Lookup<T> =
  | { readonly ok: true; readonly value: T; readonly at: Date }
  | { readonly ok: false; readonly why: string };

/** What the incident source says of an id: `unclear` where it is up and answers what docs/sources.md does not know. */
export type IncidentAnswer = IncidentRecord | 'not_found' | 'unclear';

/** What the log keeps of an incident beside its id and title. */
export function incidentFacts({ incident }: Pick<Facts, 'incident'>): IncidentFacts {
  if (!incident.ok || typeof incident.value !== 'object') return {};
  const { severity, startedAt, endedAt } = incident.value;
  return { ...(severity && { severity }), ...(startedAt && { startedAt }), ...(endedAt && { endedAt }) };
}

/** Facts older than this never open anything. */
export const FACTS_MAX_AGE_MS = 60_000;
/** A target whose clock is further from ours than this is not opened. */
export const CLOCK_APART_MS = 60_000;
/** Share of every quota of an account that must stay free. */
export const QUOTA_MARGIN = 0.05;

/** What the chat itself says of the person who acts, now. */
export type ChatAccount = 'member' | 'guest' | 'bot' | 'deleted' | 'stranger';

/** What the target answered before anything was written there. */
export interface TargetReading {
  /** The target's clock minus ours. */
  readonly offsetMs: number;
  /** What one more grant takes up there, each with how much of it there is. */
  readonly room: readonly { readonly what: string; readonly used: number; readonly quota: number }[];
  /** Names of what was pinned there, and differs now from what was reviewed. */
  readonly changedDefinitions: readonly string[];
  /**
   * What the cloud calls the object by which this person has this already, where it holds one of each person, role and
   * scope only. Left out where nothing stands in the way.
   */
  readonly heldAs?: string;
}

/** Whose past requests are looked at before another one is opened, and what that one is for. */
export interface HistoryOf {
  /** Id of the person who asks. */
  readonly person: string;
  readonly role: string;
  /** Its id, whatever the letter case. */
  readonly incident: string;
  /** Two clouds may call an account alike. */
  readonly provider: Cloud;
  readonly account: string;
}

/** What somebody asked for before. */
export interface RequesterHistory {
  /** Their oldest request for the same role and incident that waits, is being opened or is open. */
  readonly same: { readonly id: string; readonly state: State } | undefined;
  /** Ids of theirs that wait for an answer, oldest first. */
  readonly pending: readonly string[];
  /**
   * Objects of theirs in that account that are not deleted yet, empty ones included, and those that may still come of
   * what waits or is being opened: so a bound on it holds whatever is approved at once.
   */
  readonly objects: number;
  /** Their newest request for that role that was denied or lapsed, however long ago. */
  readonly turnedDown: TurnedDown | undefined;
}

/** Nobody could say whether this installation may open anything: a no that may be asked again. */
export const UNANSWERED: unique symbol = Symbol('unanswered');

/** Everything that was looked up for one command. A look-up that failed is a value here, and policy treats it as a no. */
export interface Facts {
  /** The clouds that this process knows. Nothing opens in another. */
  readonly clouds: Clouds;
  readonly policy: Lookup<Policy>;
  readonly directory: Lookup<Directory>;
  /** Failed only where the source itself is down: nothing that the requester chooses brings that about (A3). */
  readonly incident: Lookup<IncidentAnswer>;
  /** Of the acting person; for `issue`, of the requester. */
  readonly account: Lookup<ChatAccount>;
  readonly target: Lookup<TargetReading>;
  /** For `issue`: what the chat says of each approver, by the chat key they approved with. */
  readonly approvers?: Readonly<Record<string, Lookup<ChatAccount>>>;
  /**
   * What the chats say of the other accounts of the acting person and of each approver, by chat key. A clear no counts
   * everywhere (`linkedProblem`); one that failed, or was not asked, stands in nobody's way.
   */
  readonly linked?: Readonly<Record<ChatKey, Lookup<ChatAccount>>>;
  /** Every opening is stopped (B11). Read in the transaction that decides. */
  readonly frozen?: Freeze | undefined;
  /** For `request`: what this person asked for before. Read in the transaction that decides. */
  readonly history?: RequesterHistory | undefined;
  /** Why this installation or process must open nothing now, if it must not (a copy, a bad file, a role with excess privileges). */
  readonly openingOff: string | undefined | typeof UNANSWERED;
}

const unasked = { ok: false, why: 'not asked' } as const;
/** For commands that take away: no look-up was made, and none is needed. */
export const NO_FACTS: Facts = {
  clouds: {},
  policy: unasked,
  directory: unasked,
  incident: unasked,
  account: unasked,
  target: unasked,
  openingOff: 'no look-up was made',
};

/** Was it answered, and no longer than 60 s ago? Only then may it open anything. */
export const isFresh = (lookup: Lookup<unknown>, now: Date): boolean =>
  lookup.ok && now.getTime() - lookup.at.getTime() <= FACTS_MAX_AGE_MS;
