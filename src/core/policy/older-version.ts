import { type Policy, PRESETS, type Timings } from './policy.ts';
import { type Terms, unverifiedClauseFor } from './terms.ts';

/*
 * The policy in force, and the terms that a request keeps, stay as the version wrote them that was running then. For
 * endings what it did not know yet has its preset, and nothing is refused. Openings never go by this: they want the
 * policy whole (`stored-policy.ts`) and terms that are still what their digest says (`decide-approve.ts`).
 */

/** A policy that this version or an older one put in force. */
export type OlderPolicy = Omit<Policy, 'timings' | 'security' | 'requests'> & {
  readonly timings?: Partial<Timings>;
  readonly security?: Partial<Policy['security']>;
  readonly requests?: Partial<Policy['requests']>;
};

/** Terms under which a request was asked, in this version or an older one. */
export type OlderTerms = Omit<Terms, 'timings' | 'maxTotalMinutes' | 'unverifiedClause'> & {
  readonly timings?: Partial<Timings>;
  readonly maxTotalMinutes?: number;
  readonly unverifiedClause?: Terms['unverifiedClause'];
};

/** The policy with the preset of whatever its version did not know. */
export const completePolicy = (policy: OlderPolicy): Policy => ({
  ...policy,
  timings: { ...PRESETS.timings, ...policy.timings },
  security: { ...PRESETS.security, ...policy.security },
  requests: { ...PRESETS.requests, ...policy.requests },
});

/** Left out, no time may be added: nobody said how much. And nobody fills a clause that names no team. */
export const completeTerms = (terms: OlderTerms): Terms => ({
  ...terms,
  timings: { ...PRESETS.timings, ...terms.timings },
  maxTotalMinutes: terms.maxTotalMinutes ?? 0,
  unverifiedClause: terms.unverifiedClause ?? unverifiedClauseFor([]),
});
