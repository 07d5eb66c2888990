import type { CloudTerms } from '../core/policy/cloud.ts';
import type { Person } from '../core/policy/directory.ts';
import type { OpenClause } from '../core/request/approvals.ts';
import type { Row } from '../core/request/work.ts';

/** A clause that is still open, with who could fill it now. */
export interface ClauseView extends OpenClause {
  /** Who could fill it now. */
  readonly people: readonly Person[];
  readonly onCall: readonly Person[];
}

/** A row with what a reader wants to know beside it (B10). */
export interface RequestView {
  readonly row: Row;
  /** Open clauses with who can give them; undefined when the directory did not answer. */
  readonly open: readonly ClauseView[] | undefined;
  readonly capabilities: CloudTerms;
  /** What a person can run to end it, while the cloud does not let us. */
  readonly manualCommands: readonly string[];
}

/** How whoever draws a row gets to know what stands beside it. The broker's caller passes it along. */
export type ViewOf = (row: Row) => Promise<RequestView>;
