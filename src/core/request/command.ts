import type { ChatKey } from '../policy/directory.ts';
import type { Reason } from '../policy/policy.ts';
import type { Alteration } from './alteration.ts';
import type { RefusalCode } from './refusal.ts';
import type { Party, Plan, RemovalProof, RequestDetails, SessionsProof } from './request.ts';

/**
 * Who acts. A person is made only from a verified chat payload. Operators (the CLI) and the system (jobs) may read,
 * end, lapse and revoke; `decide` refuses every opening command from them.
 */
export type Actor =
  | { readonly type: 'person'; readonly key: ChatKey }
  | { readonly type: 'operator'; readonly name: string }
  | { readonly type: 'system'; readonly name: string };

/** The longest text that says what access is wanted for. */
export const PURPOSE_MAX = 1000;

/** What a person filled in. Every value is checked again by policy, whatever the form offered. */
export interface RequestInput {
  readonly incident: string;
  readonly role: string;
  readonly runbook?: string | undefined;
  readonly reason: string;
  readonly purpose: string;
  readonly minutes: number;
  /** Person id of the incident commander. */
  readonly commander: string;
  /** The digest of the terms that the form showed. */
  readonly digest: string;
}

/** What a person may be refused on a request that exists. */
export type RefusableAction = 'approve' | 'deny' | 'withdraw' | 'extend' | 'end' | 'attest';

/** Which of our own hands took access away: the job on the queue, or the sweep, which does what the queue left undone. */
export type Remover = 'worker' | 'sweep';

/** One of the two facts that an ending has to prove, of one grant (D3). */
export interface Unproven {
  readonly grantId: string;
  readonly fact: 'accessRemoved' | 'sessionsEnded';
}

/** What somebody, or a job, wants done with a request. Which state takes which, and from whom: `transitions.ts`. */
export type Command =
  /** Opening commands: only from a person, only with fresh facts. */
  | {
      readonly type: 'request';
      readonly id: string;
      readonly channels: RequestDetails['channels'];
      readonly input: RequestInput;
    }
  | { readonly type: 'approve'; readonly digest: string }
  /** The worker's second act: the whole policy again, then the plan. From the system only. */
  | { readonly type: 'issue'; readonly plan: Plan | undefined }
  | { readonly type: 'grant_confirmed'; readonly grantId: string }
  | { readonly type: 'grant_failed'; readonly why: string }
  /** More time (B8): asked by the requester, approved like the request itself. */
  | { readonly type: 'extend'; readonly minutes: number; readonly digest: string }
  /** The worker's: the whole policy again, then the plans with the new end. */
  | { readonly type: 'issue_extension'; readonly plans: readonly Plan[] }
  | { readonly type: 'extension_confirmed'; readonly number: number; readonly grantId: string }
  | { readonly type: 'extension_failed'; readonly number: number; readonly why: string }
  | { readonly type: 'lapse_extension' }
  /** Taking away: no look-up. */
  /** `digest` is what the form showed: a no to one thing is no answer to another. Left out, it is for what is open now. */
  | { readonly type: 'deny'; readonly reason: string; readonly digest?: string | undefined }
  | { readonly type: 'withdraw' }
  | { readonly type: 'lapse' }
  | { readonly type: 'end' }
  | { readonly type: 'expire' }
  | { readonly type: 'bar_requester'; readonly why: string }
  /** Every opening was stopped, and this one is to end with them (B11). */
  | { readonly type: 'end_frozen' }
  /** Openings were frozen, or are no longer, while this one waits: so that its card says so. */
  | { readonly type: 'note_freeze' }
  /** Security says that it ended, where nothing could prove it (E5). */
  | { readonly type: 'attest'; readonly statement: string }
  /** Twice not found in the cloud, by name, at these two instants; a closed object holds the name by now. */
  | { readonly type: 'lost'; readonly grantId: string; readonly missedAt: Date; readonly missedAgainAt: Date }
  /**
   * `by`: who did it. Left out: the worker that its job was for. `nativeEndIntact`: the same read-back showed the end that the
   * cloud itself enforces, equal to the plan's; left out where that was not read.
   */
  | {
      readonly type: 'revoke_confirmed';
      readonly grantId: string;
      readonly proof: RemovalProof;
      readonly by?: Remover | undefined;
      readonly nativeEndIntact?: boolean | undefined;
    }
  | { readonly type: 'sessions_confirmed'; readonly grantId: string; readonly proof: SessionsProof }
  /** `of`: what was to be proven; where it stands by now, a failure that comes late says nothing. */
  | { readonly type: 'revoke_failed'; readonly why: string; readonly of?: Unproven | undefined }
  /** Open access was read, and differs from what was opened, in these parts besides those known before. */
  | { readonly type: 'altered'; readonly grantId: string; readonly altered: readonly Alteration[] }
  /** What an ending left standing had been opened again, and was closed and read back again. */
  | { readonly type: 'closed_again'; readonly grantId: string; readonly hashes: RemovalProof['hashes'] }
  /** What was read back of the removal is gone: it is no longer a fact and starts again. */
  | { readonly type: 'removal_lost'; readonly grantId: string; readonly readAt: Date }
  /** Notes for the record. */
  | { readonly type: 'warn' }
  | { readonly type: 'invited'; readonly reached: readonly string[]; readonly missed: readonly string[] }
  /** A step of escalation: who is asked now (B6). */
  | { readonly type: 'remind'; readonly step: number; readonly people: readonly Party[] }
  /** A round of paging about a failing ending begins: whom it is for. Nobody is paged before this is recorded. */
  | { readonly type: 'page_begun'; readonly round: number; readonly people: readonly Party[] }
  /** What came of it. `again` is the part of `missed` that is worth another try. */
  | {
      readonly type: 'paged';
      readonly round: number;
      readonly reached: readonly string[];
      readonly missed: readonly string[];
      readonly again: readonly string[];
    }
  /** The pages are called off, save by those pagers that are to be told again; how far each came is kept. */
  | {
      readonly type: 'stood_down';
      readonly again: readonly string[];
      readonly resolved: Readonly<Record<string, number>>;
    }
  | { readonly type: 'approver_changed'; readonly person: string; readonly why: string }
  /** Somebody who shares a team with the requester tried to approve: what teams they were in is kept. */
  | { readonly type: 'turned_away'; readonly person: string; readonly teams: readonly string[] }
  /** A click or command on this request that was refused: by whom, what it was, and the code that they got. */
  | {
      readonly type: 'action_refused';
      readonly key: ChatKey;
      readonly person: string | undefined;
      readonly what: RefusableAction;
      readonly code: RefusalCode;
    }
  | { readonly type: 'tombstone_deleted'; readonly grantId: string };

/** Names a command. */
export type CommandName = Command['type'];

/** Each reason as forms and cards name it. */
export const REASON_WORDS: Readonly<Record<Reason, string>> = {
  containment: 'Containment',
  recovery: 'Recovery',
  data_integrity: 'Data integrity',
  service_restoration: 'Service restoration',
};
