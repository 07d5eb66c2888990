import type { IncidentRecord, Policy } from '../core/policy.ts';

/** Is this incident real, and open? Rejects when the source does not answer (which is neither "not found" nor "closed"). */
export interface IncidentSource {
  find(
    policy: Policy,
    id: string,
  ): Promise<{ readonly incident: IncidentRecord | 'not_found'; readonly ageMs: number }>;
}
