import type { Capabilities } from '../../../core/policy/cloud.ts';
import type { Terms } from '../../../core/policy/terms.ts';
import { caveatsOf } from './caveats.ts';
import { rulesOf } from './reach.ts';
import { awsRoleOf } from './schema.ts';

/** AWS ends a grant by itself, to the second; a minute is the least that is of use. */
const SHORTEST_SECONDS = 60;

/** Answers kept, by what they were worked out from: every card that is drawn asks, and thousands show the same few roles. */
const known = new Map<string, Capabilities>();
const KNOWN_MAX = 500;

/** What AWS can promise for this role, and what an early end of it does not reach. */
export function capabilitiesOf({ role, timings }: Terms): Capabilities {
  const key = JSON.stringify([role, timings]);
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= KNOWN_MAX) known.clear();
  const made = workedOut({ role, timings });
  known.set(key, made);
  return made;
}

function workedOut({ role: written, timings }: Pick<Terms, 'role' | 'timings'>): Capabilities {
  const role = awsRoleOf(written);
  const { rules } = rulesOf(role);
  return {
    nativeEnd: 'exact',
    shortestSeconds: SHORTEST_SECONDS,
    openingAllowanceSeconds: timings.openingAllowanceSeconds,
    propagationSeconds: timings.propagationSeconds,
    caveats: caveatsOf(role, rules),
  };
}
