import type { Json } from '../canonical.ts';
import type { NativeEnd } from '../policy/cloud-schema.ts';
import type { ChatKey, ChatName, Cloud, Principal } from '../policy/directory.ts';
import type { Assurance, IncidentRecord, Reason } from '../policy/policy.ts';
import type { Terms } from '../policy/terms.ts';
import type { Alteration } from './alteration.ts';
import type { RefusedAction } from './refusal.ts';

/** Someone named on a request, with the chat identities that were theirs when it was asked. */
export interface Party {
  readonly id: string;
  readonly name: string;
  readonly keys: readonly ChatKey[];
}

/** A request that was answered with a no, or with nothing. */
export interface TurnedDown {
  readonly id: string;
  readonly outcome: 'denied' | 'lapsed';
  readonly at: Date;
  /** Who denied it and why, in their own words; empty where it lapsed. */
  readonly by: string;
  readonly reason: string;
}

/** What the source said of an incident at one moment, for the log; each missing where it did not say. Instants in ISO 8601. */
export type IncidentFacts = Pick<IncidentRecord, 'severity' | 'startedAt' | 'endedAt'>;

/** Everything fixed at the moment of asking. Never edited afterwards. */
export interface RequestDetails {
  readonly id: string;
  readonly kind: 'real' | 'drill';
  readonly askedAt: Date;
  readonly decideBy: Date;
  readonly incident: { readonly id: string; readonly title: string; readonly verified: boolean } & IncidentFacts;
  /** Where it is shown, in each chat that the policy names channels of: the incident's own there, else the default one. */
  readonly channels: Readonly<Record<ChatName, string>>;
  readonly reason: Reason;
  readonly purpose: string;
  readonly minutes: number;
  readonly runbook?: string | undefined;
  readonly requester: Party;
  /** The chat identity it was asked with; looked up again at `issue`. */
  readonly askedWith: ChatKey;
  readonly commander: Party;
  /** Who gets the access. A workload comes later. */
  readonly subject: { readonly kind: 'person'; readonly person: string };
  /** Everyone who could fill a clause when it was asked: they may deny and end it whatever happens to the look-ups. */
  readonly deciders: readonly Party[];
  /** On-call deciders to be told at once, at most 10. */
  readonly invite: readonly string[];
  readonly terms: Terms;
  readonly digest: string;
  /** The no to the same person and role that it came soon after. */
  readonly follows?: TurnedDown | undefined;
}

/** One yes, and all that was known of whoever said it. */
export interface Approval {
  readonly by: Party;
  readonly key: ChatKey;
  readonly at: Date;
  /** The approver's teams, parents included, at the click (B1): evidence. */
  readonly teams: readonly string[];
  readonly digest: string;
  readonly assurance: Assurance;
  /** Whether the incident was verified at the click (A3). */
  readonly incidentVerified: boolean;
}

/**
 * A wish for more time on access that is open. Until the cloud has confirmed it nothing moves: the old end stays armed
 * and wins.
 */
export interface Extension {
  /** 1 for the first that was asked for on this request. */
  readonly number: number;
  readonly minutes: number;
  readonly askedAt: Date;
  readonly decideBy: Date;
  /** What a click must name to count for this extension, and for no other and not for the request itself. */
  readonly digest: string;
  readonly approvals: readonly Approval[];
  /** When its last clause was filled. */
  readonly approvedAt?: Date | undefined;
  /** The new ends, one plan a grant, committed before anything is written. */
  readonly plans?: readonly Plan[] | undefined;
  /** Why the cloud would not take it. The old end stays. */
  readonly failedWhy?: string | undefined;
}

/** Openings are frozen while this request waits: by whom, since when and why, for its card. */
export interface Hold {
  readonly at: Date;
  readonly by: string;
  readonly reason: string;
}

/** A security person's word that access ended which no read-back could prove. Two of them close a request. */
export interface Attestation {
  readonly by: Party;
  readonly key: ChatKey;
  readonly at: Date;
  readonly statement: string;
}

/** Rounds of paging about an ending that keeps failing. */
export interface Pages {
  /** The newest round, from 1. Written before anybody is paged: whatever a process that died had sent is called off too. */
  readonly count: number;
  /** When that round began. */
  readonly at: Date;
  /** Whom it is for. */
  readonly people: readonly Party[];
  /** Whom earlier rounds reached or may have reached, and this one reached: they hear when it is over. */
  readonly notified: readonly Party[];
  /** Who and what is tried again: ids of people, and pagers as `pager:<name>`. Absent while nothing was tried. */
  readonly again?: readonly string[] | undefined;
  readonly stoodDownAt?: Date | undefined;
  /** Pagers that have not heard that it is over. */
  readonly unresolved?: readonly string[] | undefined;
  /** By name of a pager: the round up to which it has resolved all. */
  readonly resolved?: Readonly<Record<string, number>> | undefined;
}

/** Where access is wanted: enough to plan it. */
export interface Target {
  readonly provider: Cloud;
  readonly account: string;
  readonly principal: Principal;
}

/**
 * The receipt, committed before the first cloud write: everything needed to open, and to end, what it names, without
 * any configuration. `detail` is the provider's own; everyone else stores it as written.
 */
export interface Plan {
  readonly provider: Cloud;
  readonly grantId: string;
  readonly installationId: string;
  /** What the cloud object is called, for people. */
  readonly name: string;
  readonly plannedEnd: Date;
  /** What the cloud does by itself at the planned end. Only `exact` is a proof that sessions ended. */
  readonly nativeEnd: NativeEnd;
  /**
   * From when on what an ending left may be deleted: no writer that was held up since can open anything any more. Not
   * before the planned end.
   */
  readonly cleanUpAt: Date;
  readonly propagationSeconds: number;
  /** How much it opens, counted by its cloud: for reviews, never for a decision. */
  readonly scope: { readonly actions: number; readonly resources: number; readonly wildcards: number };
  /** SHA-256 of each document, by name. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly detail: Json;
}

/** That access was taken away, as it was read back. */
export interface RemovalProof {
  /** When all that an ending writes was read back, by our clock. */
  readonly readAt: Date;
  /** True if the ending went on without the writer's lock: then an opener may still be writing until its deadline. */
  readonly contested: boolean;
  readonly hashes: Readonly<Record<string, string>>;
}

/** "Sessions ended" has two proofs; the event names which. */
export type SessionsProof =
  | { readonly by: 'native_end'; readonly cloudTime: Date; readonly nativeEndIntact: true }
  | { readonly by: 'propagation'; readonly removalReadAt: Date; readonly waitedSeconds: number };

/** A grant as its request is: not opened yet, open, ending, over. `plan` is there from the moment that something may stand. */
interface GrantBase {
  readonly id: string;
  readonly target: Target;
  /** What somebody else changed on it in the cloud while it was open: told once each. */
  readonly altered?: readonly Alteration[] | undefined;
}
export interface GrantingGrant extends GrantBase {
  readonly plan?: Plan | undefined;
  readonly confirmedAt?: Date | undefined;
}
export interface ActiveGrant extends GrantBase {
  readonly plan: Plan;
  readonly confirmedAt: Date;
  readonly endsAt: Date;
}
export interface EndingGrant extends GrantBase {
  readonly plan: Plan;
  readonly confirmedAt?: Date | undefined;
  readonly endsAt?: Date | undefined;
  readonly accessRemoved?: RemovalProof | undefined;
  readonly sessionsEnded?: (SessionsProof & { readonly at: Date }) | undefined;
}
export interface ClosedGrant extends GrantBase {
  readonly plan?: Plan | undefined;
  readonly confirmedAt?: Date | undefined;
  readonly endsAt?: Date | undefined;
  readonly accessRemoved?: RemovalProof | undefined;
  readonly sessionsEnded?: (SessionsProof & { readonly at: Date }) | undefined;
  /** When the tombstone was deleted; until then one is owed wherever a plan is. */
  readonly tombstoneDeletedAt?: Date | undefined;
}

/** Why an ending began, and how a request came out. */
export type EndCause =
  | 'expired'
  | 'ended_by_person'
  | 'requester_barred'
  | 'grant_failed'
  | 'withdrawn'
  | 'frozen'
  | 'lost';
export const OUTCOMES = [
  'refused',
  'denied',
  'withdrawn',
  'lapsed',
  'grant_failed',
  'ended',
  'ended_unproven',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

interface Common {
  readonly details: RequestDetails;
  readonly approvals: readonly Approval[];
  /** Union of each person's teams over every snapshot taken since the request. Only grows. */
  readonly seenTeams: Readonly<Record<string, readonly string[]>>;
  /**
   * What the incident source said when somebody last asked, approved or planned: false while it was down (A3). The
   * clauses that hold meanwhile follow from it.
   */
  readonly incidentVerified: boolean;
  /** Who could fill the clause that was added when the incident turned unverified: they may deny, like `details.deciders`. */
  readonly alsoDeciders?: readonly Party[] | undefined;
  /** Approvers whose change since was already posted. */
  readonly changedApprovers?: readonly string[] | undefined;
  /** Who was reached by direct message when it was asked; absent until tried. */
  readonly invited?: { readonly reached: readonly string[]; readonly missed: readonly string[] } | undefined;
  /** Clicks and commands that were refused, each person and code once: who they were, and what they got. */
  readonly refusedActions?: readonly RefusedAction[] | undefined;
  /** Steps of escalation made while nobody answered (B6). */
  readonly reminded?: number | undefined;
  /** Who was asked after those invited at first: they get the card too, and may deny. */
  readonly escalatedTo?: readonly Party[] | undefined;
  /** Extensions: how many were asked for, the minutes that were added, and who approved those (B8). */
  readonly extended?:
    | { readonly asked: number; readonly minutes: number; readonly approvals: readonly Approval[] }
    | undefined;
  /** On-call was paged about a failing ending (D6). */
  readonly pages?: Pages | undefined;
}

/**
 * The life of a request:
 *
 *   pending   asked, waiting for its clauses. Leaves by the last approval, a denial, a withdrawal, or lapsing.
 *   granting  approved until `grantBy`. A grant without a plan has nothing in the cloud; one with a plan may have.
 *   active    every grant was read back from the cloud. Leaves at `endsAt`, or when somebody ends it.
 *   revoking  access is being taken away, retried for ever. Leaves only by both proofs for every plan.
 *   closed    final for access. From a plan it is reached only through a proven ending, or by `attest`.
 *
 * There is no state "error": what failed stays where it is, retried and shouting.
 */
export type AccessRequest =
  | (Common & { readonly state: 'pending'; readonly held?: Hold | undefined })
  | (Common & { readonly state: 'granting'; readonly grantBy: Date; readonly grants: readonly GrantingGrant[] })
  | (Common & {
      readonly state: 'active';
      readonly grants: readonly ActiveGrant[];
      /** The last end over the grants. */
      readonly endsAt: Date;
      readonly warnedAt?: Date | undefined;
      readonly extension?: Extension | undefined;
    })
  | (Common & {
      readonly state: 'revoking';
      readonly grants: readonly EndingGrant[];
      readonly cause: EndCause;
      readonly endRequestedAt: Date;
      /** How often the cloud said no or nothing. Above zero the card is red. */
      readonly failures: number;
      /** Since when it fails without a success in between. */
      readonly failingSince?: Date | undefined;
      /** How often somebody took the removal back after it was read, since when and when last. No success clears it. */
      readonly undone?: { readonly times: number; readonly since: Date; readonly at: Date } | undefined;
      readonly attestations?: readonly Attestation[] | undefined;
    })
  | (Common & {
      readonly state: 'closed';
      readonly outcome: Outcome;
      readonly closedAt: Date;
      readonly grants: readonly ClosedGrant[];
      readonly attestations?: readonly Attestation[] | undefined;
    });
export type State = AccessRequest['state'];
