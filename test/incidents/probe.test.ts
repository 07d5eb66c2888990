import fc from 'fast-check';
import type { Policy } from '../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { incidentSource } from '../../src/incidents/source.ts';
import { BROKEN, handClock, json, type Served, serve } from '../directory/http-server.ts';
import { policyOf } from '../policy-file/small-policy.ts';

/*
 * What the asker can choose never makes the source "down" (A3): whatever the id, and whatever the source answers about
 * it, only the answer about the probe decides that.
 */

const PROBE = { id: 'PROBE-1', state: 'closed' };
const RIGHT = json(200, PROBE);

let server: Served;
beforeEach(async () => {
  server = await serve(RIGHT);
});
afterEach(() => server.stop());

const over = (timeoutSeconds = 5): Policy => ({
  ...policyOf(),
  incidents: { kind: 'http', url: server.url, timeoutSeconds, cacheSeconds: 0, probe: PROBE.id },
});

/** Answers about the probe in one way, about everything else in another. */
const answering = (asked: Served['answer'], probe: Served['answer']): void => {
  server.answer = (response, request) => (request.url === `/${PROBE.id}` ? probe : asked)(response, request);
};

/** Every kind of answer that is none: statuses, shapes, redirects, cut and endless bodies. */
const AT_ONCE: readonly Served['answer'][] = [
  ...BROKEN.map(([, answer]) => answer),
  ...[400, 403, 404, 408, 410, 422, 429, 502, 504].map((status) => json(status, { error: 'no' })),
  ...[301, 303, 307, 308].map((status) => json(status, {}, { location: `/${PROBE.id}` })),
  json(200, { id: 'INC-9', state: 'open' }),
  json(200, { error: 'not_found' }),
  json(200, { id: 'INC-7', state: 'mitigated' }),
  json(200, []),
  (response) => void response.writeHead(200).end('{"id":"INC-7","sta'),
];
/** What comes too late: by its nature it takes time to test, so the properties leave it out. */
const LATE: readonly Served['answer'][] = [(response) => void response.writeHead(200).write('{"id":'), () => {}];
const NO_ANSWER = [...AT_ONCE, ...LATE];

const ID = fc.oneof(
  fc.constantFrom(
    'INC-7',
    'inc-7',
    'iNc-7',
    'PROBE-2',
    'probe-1x',
    '..',
    '../PROBE-1',
    'a/../b',
    '%2e%2e',
    'INC-7?x=1',
    'INC-7#x',
    'İNC-7',
    'INC\u20117',
    ' ',
    'no such thing',
    'a'.repeat(40),
    'a'.repeat(41),
    '\0',
    '\ud800',
    '__proto__',
    'constructor',
  ),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

it('never says "down" while the probe is answered right, whatever the id and the answer about it', async () => {
  const source = incidentSource({ now: () => performance.now() }, DEFINITIONS);
  const policy = over();
  await fc.assert(
    fc.asyncProperty(ID, fc.constantFrom(...AT_ONCE), async (id, answer) => {
      answering(answer, RIGHT);
      const { incident } = await source.find(policy, id);
      // The probe itself is an incident like any other.
      const isProbe = id.trim() === PROBE.id;
      expect(isProbe ? incident : ['not_found', 'unclear'].includes(String(incident))).toBeTruthy();
    }),
    { numRuns: 60 },
  );
});

it('says "down" of every answer that is none once the probe fails too, in whatever way', async () => {
  const source = incidentSource({ now: () => performance.now() }, DEFINITIONS);
  const policy = over();
  const failing = fc.constantFrom(
    ...AT_ONCE,
    json(404, { error: 'not_found' }),
    json(200, { ...PROBE, id: 'PROBE-10' }),
    json(500, PROBE),
  );
  const known = fc
    .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/)
    .filter((id) => id !== 'INC-9' && !/^probe-1/i.test(id));
  await fc.assert(
    fc.asyncProperty(known, fc.constantFrom(...AT_ONCE), failing, async (id, answer, probe) => {
      answering(answer, probe);
      await expect(source.find(policy, id)).rejects.toThrow(`asked about ${PROBE.id}`);
    }),
    { numRuns: 40 },
  );
});

it.each(NO_ANSWER.map((answer, index) => [index, answer] as const))(
  'no answer of kind %i: a no while the probe answers, down while it does not',
  async (_index, answer) => {
    const source = incidentSource(handClock(), DEFINITIONS);
    answering(answer, RIGHT);
    const policy = over(LATE.includes(answer) ? 1 : 5);
    expect(await source.find(policy, 'INC-7')).toMatchObject({ incident: 'unclear', why: expect.any(String) });
    answering(answer, answer);
    await expect(source.find(policy, 'INC-7')).rejects.toThrow(`asked about ${PROBE.id}`);
    await expect(source.probe(policy)).rejects.toThrow('the incident source');
  },
);

it('asks the probe by the same path and with the same token, and only where it must', async () => {
  const source = incidentSource({ now: handClock().now, token: 's3cret' }, DEFINITIONS);
  const policy = over();
  const incidents = { ...policy.incidents, url: `${server.url}/api/incidents/?tenant=1` } as Policy['incidents'];
  answering(json(404, { error: 'not_found' }), RIGHT);
  await source.find({ ...policy, incidents }, 'INC-8');
  expect(server.seen).toEqual(['GET /api/incidents/INC-8?tenant=1']);
  server.answer = (response, request) =>
    (request.url?.includes(PROBE.id) ? RIGHT : json(400, { error: 'malformed' }))(response, request);
  await source.find({ ...policy, incidents }, 'inc.8');
  expect(server.seen.slice(1)).toEqual(['GET /api/incidents/inc.8?tenant=1', 'GET /api/incidents/PROBE-1?tenant=1']);
  expect(new Set(server.tokens)).toEqual(new Set(['Bearer s3cret']));
});

it('keeps no answer of the probe, but asks it once for all who wait for it', async () => {
  const source = incidentSource(handClock(), DEFINITIONS);
  const policy = over();
  answering(json(400, {}), (response, request) => void setTimeout(() => RIGHT(response, request), 50));
  const probes = () => server.seen.filter((seen) => seen === `GET /${PROBE.id}`).length;
  await Promise.all(['A-1', 'A-2', 'A-3'].map((id) => source.find(policy, id)));
  expect(probes()).toBeLessThan(3);
  const before = probes();
  await source.find(policy, 'A-1');
  expect(probes()).toBe(before + 1);
});

it('leaves the probe its whole time after an id that was answered late', async () => {
  const source = incidentSource(handClock(), DEFINITIONS);
  answering(
    () => {},
    (response, request) => void setTimeout(() => RIGHT(response, request), 600),
  );
  expect((await source.find(over(1), 'INC-7')).incident).toBe('unclear');
});
