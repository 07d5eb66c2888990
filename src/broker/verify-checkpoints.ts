import { fingerprintOf, leavesProblem } from '../core/audit/checkpoint.ts';
import { findingsWords } from '../core/audit/findings.ts';
import { checkpointHistory } from '../core/audit/key-history.ts';
import { byStream, type Leaf, rootOf } from '../core/audit/merkle.ts';
import { canonical } from '../core/canonical.ts';
import type { CheckpointReader, KeptCheckpoint, LeafChange } from '../ports/checkpoints.ts';

/** What the checkpoints of a database say of its log. */
export interface SealReport {
  readonly newest: KeptCheckpoint | undefined;
  /** Fingerprint of the key that signed the newest. */
  readonly key: string | undefined;
  /** When each checkpoint was made, by number. */
  readonly times: ReadonlyMap<number, string>;
  /** Each time that a stream was found changed, oldest first. */
  readonly changes: ReadonlyMap<string, readonly LeafChange[]>;
  readonly gaps: readonly string[];
  /** What checkpoints say of rows that their events did not explain, in words: each time that it changed. */
  readonly findings: readonly string[];
  readonly broken: string | undefined;
}

const PAGE = 500;

/**
 * Reads every checkpoint, oldest first: signatures, the order, the leaves each was signed over, and the root of the
 * newest over all of them. `publicKey` is the one that the reader trusts; without it, they must merely agree.
 */
export async function verifyCheckpoints(reader: CheckpointReader, publicKey?: string): Promise<SealReport> {
  const history = checkpointHistory(publicKey);
  const times = new Map<number, string>();
  const changes = new Map<string, LeafChange[]>();
  const findings: string[] = [];
  let newest: KeptCheckpoint | undefined;
  const report = (broken?: string): SealReport => ({
    newest,
    key: newest && fingerprintOf(newest.publicKey),
    times,
    changes,
    gaps: history.gaps,
    findings,
    broken,
  });
  for (let page = await reader.after(0, PAGE); page.length > 0; ) {
    const last = page.at(-1)?.header.number ?? 0;
    const leaves = leavesByNumber(await reader.changes((page[0]?.header.number ?? 1) - 1, last));
    for (const one of page) {
      const { number, at } = one.header;
      if (number !== (newest?.header.number ?? 0) + 1) return report(`checkpoint ${number - 1} is missing`);
      const mine = (leaves.get(number) ?? []).sort(byStream);
      const wrong = history.add(one, one.publicKey) ?? leavesProblem(one, mine);
      if (wrong !== undefined) return report(wrong);
      for (const leaf of mine) remember(changes, { ...leaf, checkpoint: number });
      times.set(number, at);
      const { unexplained } = one.header;
      if (unexplained !== undefined && canonical(unexplained) !== canonical(newest?.header.unexplained ?? null)) {
        findings.push(`checkpoint ${number}, ${at}, ${findingsWords(unexplained)}`);
      }
      newest = one;
    }
    page = await reader.after(last, PAGE);
  }
  const root = newest && rootOf(lastLeaves(changes));
  return report(history.end() ?? (root === newest?.header.root ? undefined : rootProblem(newest)));
}

function remember(changes: Map<string, LeafChange[]>, change: LeafChange): void {
  const known = changes.get(change.stream);
  if (known === undefined) changes.set(change.stream, [change]);
  else known.push(change);
}

const rootProblem = (newest: KeptCheckpoint | undefined): string =>
  `checkpoint ${newest?.header.number} was signed over other leaves than those kept`;

function leavesByNumber(changes: readonly LeafChange[]): ReadonlyMap<number, Leaf[]> {
  const found = new Map<number, Leaf[]>();
  for (const { checkpoint, stream, length, head } of changes) {
    const leaves = found.get(checkpoint) ?? [];
    leaves.push({ stream, length, head });
    found.set(checkpoint, leaves);
  }
  return found;
}

const lastLeaves = (changes: ReadonlyMap<string, readonly LeafChange[]>): readonly Leaf[] =>
  [...changes.values()].flatMap((all) => all.at(-1) ?? []).sort(byStream);
