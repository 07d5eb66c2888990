import type { RowEvidence } from '../core/audit/explain.ts';
import type { SystemEvidence } from '../core/audit/explain-system.ts';

/** Rows with the events that must explain them: for whoever only reads. */
export interface EvidenceReader {
  /** Of these requests, whether there is a row or not, in no order. */
  requests(ids: readonly string[]): Promise<readonly RowEvidence[]>;
  /** Of the freeze and all policies, with the content of those numbers. */
  system(contents: readonly number[]): Promise<SystemEvidence>;
}
