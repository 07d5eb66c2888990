import type { Policy } from '../core/policy/policy.ts';
import type { IncidentAnswer } from '../core/request/facts.ts';

/** Is this incident real, and open? */
export interface IncidentSource {
  /**
   * What the source says of this id, whatever its letter case; a record comes in the source's own spelling. `unclear` is
   * an answer that docs/sources.md does not know, from a source that is up: `why` says what it was. Rejects only when the
   * source is down, which is never said because of the id: then its probe was asked and failed too.
   */
  find(policy: Policy, id: string): Promise<FoundIncident>;
  /** Asks about the incident that is always there. Rejects when the source is down; a source without one never is. */
  probe(policy: Policy): Promise<void>;
}

/** What the source answered of an id. `why` is for the log. */
export interface FoundIncident {
  readonly incident: IncidentAnswer;
  /** How old the answer is, in milliseconds. */
  readonly ageMs: number;
  readonly why?: string;
}
