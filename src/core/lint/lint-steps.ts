import type { Timings } from '../policy/policy.ts';
import { STEPS } from '../request/escalation.ts';
import { doubtful, type Finding } from './lint-finding.ts';

/** Steps of escalation that would come out of order, or never (B6). */
export function lintSteps(timings: Timings): readonly Finding[] {
  return STEPS.flatMap(({ setting }, index): Finding[] => {
    const path = ['timings', setting];
    const seconds = timings[setting];
    if (seconds >= timings.decisionSeconds) {
      return [
        doubtful(
          path,
          `${setting} is ${seconds} and a request lapses after ${timings.decisionSeconds}: that step is never made, make it shorter`,
        ),
      ];
    }
    const before = STEPS[index - 1]?.setting;
    if (before === undefined || timings[before] < seconds) return [];
    return [
      doubtful(
        path,
        `${setting} (${seconds}) is not after ${before} (${timings[before]}): both steps come at once, make it later`,
      ),
    ];
  });
}
