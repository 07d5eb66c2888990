import { severityLines } from '../../../src/chat/words/role-words.ts';
import { lintZones } from '../../../src/core/lint/lint-zones.ts';
import { type Policy, PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { aPolicy, policyDocument } from '../../support/requests.ts';

/* "Zone C asks for an incident of severity 2 or worse": its schema, and what lint and the form say of it. */

const withSeverity = (minSeverity: unknown, severity?: unknown) => {
  const document = policyDocument();
  const { zones, incidentList } = document;
  return policySchema(PRODUCTION_FLOORS, DEFINITIONS).safeParse({
    ...document,
    zones: { ...zones, C: { ...zones.C, minSeverity } },
    incidentList: incidentList.map((one) => ({ ...one, ...(severity !== undefined && { severity }) })),
  });
};

it.each([0, 6, 2.5, '2', 'high'])('takes a severity from 1 to 5 only, not %j', (severity) => {
  expect(withSeverity(severity).success).toBe(false);
  expect(withSeverity(2, severity).success).toBe(false);
  expect([1, 2, 3, 4, 5].every((one) => withSeverity(one, one).success)).toBe(true);
});

const { zones, incidentList } = aPolicy();
const requests = (change: Partial<Policy['zones']['C']>, incidents: Partial<Policy> = {}): Policy =>
  aPolicy({ zones: { ...zones, C: { ...zones.C, minSeverity: 2, ...change } }, ...incidents });
const listed = (...severities: readonly (number | undefined)[]): Partial<Policy> => ({
  incidentList: severities.map((severity, at) => ({ id: `INC-${at}`, title: '', state: 'open', severity })),
});
const HTTP = { kind: 'http', url: 'https://x', timeoutSeconds: 2, cacheSeconds: 15, probe: 'INC-1' } as const;

// biome-ignore format: a table
it.each<[what: string, policy: Policy, found: readonly string[]]>([
  ['no listed incident has one', requests({}), ['no open incident in incidentList has a severity: nothing opens in zone C; write the severity of each incident']],
  ['none that is open is so severe', requests({}, listed(3, undefined)), ['no open incident in incidentList is of severity 2 or worse: nothing opens in zone C; write the severity of each incident']],
  ['the zone would go on while the source is down', requests({ unverified_incident: 'accept' }, listed(1)), ['nothing opens in zone C while the incident source is down, since the severity is unknown then: write "unverified_incident: refuse", or remove minSeverity']],
  ['one is so severe', requests({}, listed(3, 2)), []],
  ['nothing is open', requests({}, { incidentList: [] }), []],
  ['the incidents come over HTTP', requests({}, { incidents: HTTP, incidentList }), []],
  ['no severity is asked for', aPolicy(), []],
])('lint doubts a severity that nothing can have: %s', (_what, policy, found) => {
  const about = lintZones(policy).filter(({ path }) => path.join('.') === 'zones.C.minSeverity');
  expect(about).toEqual(found.map((message) => ({ path: ['zones', 'C', 'minSeverity'], message, severity: 'warning' })));
});

it('the form says it of the zone that asks for it', () => {
  expect(severityLines(requests({}), 'C').flat().join('')).toMatch(/severity 2 or worse \(1 is the worst\)/);
  expect(severityLines(requests({}), 'B')).toEqual([]);
});
