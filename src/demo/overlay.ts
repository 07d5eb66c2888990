import { parseDocument } from 'yaml';
import { type Floors, policySchema, ZONES } from '../core/policy/policy.ts';
import { DEFINITIONS } from '../definitions.ts';

/** The demo's floors, in seconds: its clouds are on this machine, and a visitor does not wait five minutes. */
export const DEMO_FLOORS: Floors = {
  propagation: 1,
  openingAllowance: 5,
  decision: 30,
  extendUntil: 5,
  lost: 1,
  window: 60,
};

/** The demo's durations, in seconds. */
export const DEMO_TIMINGS = { openingAllowanceSeconds: 15, propagationSeconds: 3 } as const;

/**
 * The example configuration as the demo runs it: one minute is offered in each zone, and opening and propagation are
 * short. Everything else stays as a newcomer would copy it. Throws if the example does not fit the schema.
 */
export function demoPolicyText(exampleText: string): string {
  const document = parseDocument(exampleText);
  const { zones } = policySchema(DEMO_FLOORS, DEFINITIONS).parse(document.toJS());
  for (const [name, seconds] of Object.entries(DEMO_TIMINGS)) document.setIn(['timings', name], seconds);
  for (const zone of ZONES) {
    const minutes = new Set([1, ...zones[zone].minutesOffered]);
    document.setIn(['zones', zone, 'minutesOffered'], document.createNode([...minutes], { flow: true }));
  }
  return document.toString({ lineWidth: 0 });
}
