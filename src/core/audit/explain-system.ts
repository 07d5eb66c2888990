import type { StoredEvent } from '../events.ts';
import { SYSTEM_STREAM } from '../events.ts';
import { contentProblem, type PolicyContent, type PolicyHead, unexplainedPolicies } from '../policy/policy-row.ts';
import { difference, shown, type Unexplained } from './explain.ts';
import { replayFreeze } from './replay-freeze.ts';

/** The rows that the system stream explains, and its events that do, of one moment. */
export interface SystemEvidence {
  /** The document of the freeze; undefined where there is no row. */
  readonly freeze: unknown;
  /** Every row of `policies`, by number. */
  readonly policies: readonly PolicyHead[];
  /** What some of them hold. */
  readonly contents: readonly (PolicyContent & { readonly number: number })[];
  /** All of the kinds in `EXPLAINING`, in order. */
  readonly events: readonly StoredEvent[];
}

/** What the system stream does not explain of the freeze and of the policies. */
export function unexplainedSystem({ freeze, policies, contents, events }: SystemEvidence): readonly Unexplained[] {
  const found = [
    freezeProblem(freeze, events),
    ...unexplainedPolicies(policies, events).values(),
    ...contents.map((content) => {
      const named = events.find(({ type, data }) => type === 'policy_changed' && data.number === content.number);
      const why = contentProblem(content, named);
      return why && `policy ${content.number}: ${why}`;
    }),
    ...events.flatMap(({ type, seq, data }) =>
      type === 'policy_changed' && !policies.some(({ number }) => number === data.number)
        ? [`the policy that event ${seq} put in force is gone`]
        : [],
    ),
  ];
  return found.flatMap((what) => (what === undefined ? [] : [{ stream: SYSTEM_STREAM, what }]));
}

function freezeProblem(document: unknown, events: readonly StoredEvent[]): string | undefined {
  const replayed = replayFreeze(events);
  if (!replayed.ok) return `event ${replayed.seq} ${replayed.why}`;
  const { freeze } = replayed;
  if (freeze === undefined) return document === undefined ? undefined : 'openings are frozen, and no event says so';
  if (document === undefined) return 'the freeze of openings is gone, and no event lifted it';
  const path = difference(JSON.parse(JSON.stringify(freeze)), document);
  return path && `the freeze: ${shown(path) || 'all of it'} is not what its events say`;
}
