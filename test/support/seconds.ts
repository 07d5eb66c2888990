import { parse, stringify } from 'yaml';
import type { Floors } from '../../src/core/policy/policy.ts';
import { demoPolicy } from '../../src/demo/stage.ts';

/** Floors, in seconds, for tests that wait for the end of a window: everything but the order of things is short. */
export const SECONDS_FLOORS: Floors = {
  propagation: 1,
  openingAllowance: 5,
  decision: 5,
  extendUntil: 1,
  lost: 1,
  window: 3,
};

/** The demo's policy with these timings, and with windows of `seconds` offered in every zone. */
export async function policyInSeconds(
  seconds: readonly number[],
  timings: Readonly<Record<string, number>>,
): Promise<string> {
  const document: { timings: object; zones: Record<string, object> } = parse(await demoPolicy());
  document.timings = { ...document.timings, ...timings };
  for (const zone of Object.values(document.zones)) {
    Object.assign(zone, { minutesOffered: seconds.map((one) => one / 60) });
  }
  return stringify({ ...document, runbooks: [] });
}
