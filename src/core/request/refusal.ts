import type { ChatKey } from '../policy/directory.ts';

/**
 * Every "no" that a rule can give. A refusal is an answer, not a fault: it is returned, never thrown.
 * Words for each stand in `chat/words/words.ts`; a code without words does not compile.
 */
export const REFUSAL_CODES = [
  // Asking
  'no_incident',
  'incident_not_found',
  'incident_closed',
  'incident_unclear',
  'incident_unverified',
  'severity_unknown',
  'severity_too_low',
  'unknown_role',
  'unknown_runbook',
  'over_scope',
  'over_long',
  'bad_reason',
  'bad_purpose',
  'unknown_commander',
  'no_cloud_identity',
  'already_asked',
  'too_many_pending',
  'too_many_objects',
  // Who acts
  'actor_not_person',
  'unknown_person',
  'ambiguous_person',
  'suspended',
  'no_team',
  'account_guest',
  'account_bot',
  'account_deleted',
  'account_stranger',
  // Look-ups that failed: never a yes
  'account_unavailable',
  'directory_unavailable',
  'policy_unavailable',
  'target_unavailable',
  'installation_unavailable',
  'stale_facts',
  // Policy at click and at issue
  'opening_off',
  'no_clauses',
  'step_up_unavailable',
  'terms_changed',
  'look_again',
  'not_a_card',
  'self_approval',
  'same_team',
  'not_eligible',
  'already_approved',
  'clause_filled',
  'approvals_missing',
  'turned_unverified',
  'clock_apart',
  'room_short',
  'already_held',
  'definition_changed',
  'frozen',
  // More time
  'extension_pending',
  'too_late_to_extend',
  'over_total',
  'plan_mismatch',
  // Time and state
  'decision_window_closed',
  'grant_window_closed',
  'not_due',
  'not_in_this_state',
  'not_proven',
  'not_yours',
  'unknown_request',
  // Security
  'not_security',
  'already_frozen',
  'not_frozen',
  'freeze_over',
  'already_said',
  'was_involved',
  'bad_statement',
] as const;

/** Names a no for words, docs and the log. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A no as a person gets it; its words are in `chat/words`, or with its failure. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Which field of the form it is about, where there is one; the form shows the words on that field. */
  readonly field?: 'incident' | 'role' | 'runbook' | 'reason' | 'purpose' | 'minutes' | 'commander';
  /** Names and figures for the words: never secrets. */
  readonly detail?: Readonly<Record<string, string>>;
}

/** Look-ups that may succeed when asked again; at `issue` these are retried until `grantBy`. */
export const RETRYABLE: ReadonlySet<RefusalCode> = new Set([
  'account_unavailable',
  'directory_unavailable',
  'policy_unavailable',
  'target_unavailable',
  'installation_unavailable',
  'incident_unclear',
  'stale_facts',
]);

/** Somebody who got this code on this request, whatever they did and however often. */
export interface RefusedAction {
  readonly key: ChatKey;
  /** Their id in the directory, where it was known. */
  readonly person?: string | undefined;
  readonly code: RefusalCode;
}
