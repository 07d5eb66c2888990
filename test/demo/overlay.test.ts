import { readFileSync } from 'node:fs';
import { type Policy, PRODUCTION_FLOORS, ZONES } from '../../src/core/policy/policy.ts';
import { termsOf } from '../../src/core/policy/terms.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { DEMO_FLOORS, DEMO_TIMINGS, demoPolicyText } from '../../src/demo/overlay.ts';
import { formatProblem } from '../../src/policy-file/problem.ts';
import { readPolicy } from '../../src/policy-file.ts';
import { SMALL } from '../policy-file/small-policy.ts';

const example = readFileSync('breakglass.example.yaml', 'utf8');

function policyOf(text: string, floors = DEMO_FLOORS): Policy {
  const read = readPolicy(text, 'demo.yaml', floors, DEFINITIONS);
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.policy;
}

it('adds one minute to each zone and shortens two durations, and nothing else', () => {
  const before = policyOf(example);
  const after = policyOf(demoPolicyText(example));
  const zones = Object.fromEntries(
    ZONES.map((zone) => [zone, { ...before.zones[zone], minutesOffered: [1, ...before.zones[zone].minutesOffered] }]),
  );
  expect(after).toEqual({ ...before, zones, timings: { ...before.timings, ...DEMO_TIMINGS } });
});

it('lets every role be asked for one minute', () => {
  const policy = policyOf(demoPolicyText(example));
  for (const { id } of policy.roles) expect(termsOf(policy, id)?.minutesOffered).toContain(1);
});

it('is refused by production, whose floors it is under', () => {
  const read = readPolicy(demoPolicyText(example), 'demo.yaml', PRODUCTION_FLOORS, DEFINITIONS);
  expect(read.ok ? [] : read.problems.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      'timings.openingAllowanceSeconds must be at least 30 seconds',
      'timings.propagationSeconds must be at least 300 seconds',
    ]),
  );
});

it('works on a copy whose zones rely on the default minutes, and twice gives the same', () => {
  const text = demoPolicyText(SMALL);
  expect(policyOf(text).zones.B.minutesOffered).toEqual([1, 15, 30, 60]);
  expect(demoPolicyText(text)).toBe(text);
});
