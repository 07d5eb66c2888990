import { readFileSync } from 'node:fs';
import type { Policy } from '../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { incidentSource } from '../../src/incidents/source.ts';
import { BROKEN, handClock, json, type Served, serve } from '../directory/http-server.ts';
import { policyOf } from '../policy-file/small-policy.ts';

const small = policyOf();
const incident = { id: 'INC-7', title: 'It hangs', state: 'open', channels: { slack: 'C0INC7' } };

let server: Served;
beforeEach(async () => {
  server = await serve(json(200, incident));
});
afterEach(() => server.stop());

const over = (path: string, cacheSeconds = 15, timeoutSeconds = 5): Policy => ({
  ...small,
  incidents: { kind: 'http', url: `${server.url}${path}`, timeoutSeconds, cacheSeconds, probe: 'PROBE-1' },
});

it('finds an incident that the file lists, and no other (A3)', async () => {
  const source = incidentSource(handClock(), DEFINITIONS);
  expect(await source.find(small, 'INC-1')).toEqual({ incident: small.incidentList[0], ageMs: 0 });
  expect((await source.find(small, ' INC-1\n')).incident).toEqual(small.incidentList[0]);
  expect(await source.find(small, 'INC-2')).toEqual({ incident: 'not_found', ageMs: 0 });
});

it('answers in the spelling of the file or the endpoint, whatever the letter case of the question (A3)', async () => {
  const source = incidentSource(handClock(), DEFINITIONS);
  for (const id of ['inc-1', 'Inc-1', 'iNC-1']) {
    expect((await source.find(small, id)).incident).toEqual(small.incidentList[0]);
  }
  expect((await source.find(over(''), 'inc-7')).incident).toEqual(incident);
});

it('drops one mark of the byte order before the answer, and no more than one (RFC 8259, 8.1)', async () => {
  const marked = (marks: string) => (response: Parameters<Served['answer']>[0]) =>
    void response.writeHead(200).end(`${marks}${JSON.stringify(incident)}`);
  server.answer = marked('\ufeff');
  expect((await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).incident).toEqual(incident);
  server.answer = marked('\ufeff\ufeff');
  await expect(incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).rejects.toThrow('not JSON');
});

it('takes no side between two listed incidents that differ by letter case alone', async () => {
  const [listed] = small.incidentList;
  if (listed === undefined) throw new Error('the policy lists an incident');
  const two = { ...small, incidentList: [listed, { ...listed, id: 'inc-1', state: 'closed' as const }] };
  expect(await incidentSource(handClock(), DEFINITIONS).find(two, 'INC-1')).toMatchObject({ incident: 'unclear' });
});

it('finds an incident at the endpoint, and sends the token as a bearer', async () => {
  const source = incidentSource({ now: handClock().now, token: 's3cret' }, DEFINITIONS);
  expect(await source.find(over('/api/incidents/?tenant=1'), 'INC-7')).toEqual({ incident, ageMs: 0 });
  expect(server.seen).toEqual(['GET /api/incidents/INC-7?tenant=1']);
  expect(server.tokens).toEqual(['Bearer s3cret']);
});

it('takes a title for granted to be empty, and a channel to be none', async () => {
  server.answer = json(200, { id: 'INC-7', state: 'closed' });
  const { incident: found } = await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7');
  expect(found).toEqual({ id: 'INC-7', title: '', state: 'closed' });
});

it.each(['inc-7', '#inc-7', '', 'U0SOMEBODY'])('leaves out %j, which is no id of a channel', async (channel) => {
  server.answer = json(200, { ...incident, channels: { slack: channel, none: channel } });
  const { incident: found } = await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7');
  expect(found).toEqual({ id: 'INC-7', title: 'It hangs', state: 'open', channels: {} });
});

it.each([0, 6, 1.5, '2', 'SEV-2', null])('leaves out the severity %j, which is none from 1 to 5', async (severity) => {
  server.answer = json(200, { ...incident, severity });
  expect((await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).incident).toEqual(incident);
  server.answer = json(200, { ...incident, severity: 2 });
  expect((await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).incident).toEqual({
    ...incident,
    severity: 2,
  });
});

it.each(['yesterday', '2026-03-01', 17, null])('leaves out the start and end %j, which is no instant', async (at) => {
  server.answer = json(200, { ...incident, startedAt: at, endedAt: at });
  expect((await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).incident).toEqual(incident);
  const said = { ...incident, startedAt: '2026-03-01T12:00:00Z', endedAt: '2026-03-01T13:00:00+01:00' };
  server.answer = json(200, said);
  expect((await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).incident).toEqual(said);
});

it('takes the answers that its documentation shows', async () => {
  const section = readFileSync('docs/sources.md', 'utf8').split("## The incident's answer")[1] ?? '';
  const [found, missing] = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, shown = '']) => JSON.parse(shown));
  const source = incidentSource(handClock(), DEFINITIONS);
  server.answer = json(200, found);
  expect((await source.find(over(''), found.id)).incident).toEqual(found);
  server.answer = json(404, missing);
  expect((await source.find(over(''), 'INC-8')).incident).toBe('not_found');
});

describe('"not found"', () => {
  it('is the one documented answer', async () => {
    server.answer = json(404, { error: 'not_found' });
    expect((await incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-8')).incident).toBe('not_found');
  });

  it('is asked again each time: the incident may be opened a second later', async () => {
    const source = incidentSource(handClock(), DEFINITIONS);
    server.answer = json(404, { error: 'not_found' });
    await source.find(over(''), 'INC-7');
    server.answer = json(200, incident);
    expect((await source.find(over(''), 'INC-7')).incident).toEqual(incident);
  });

  it.each(['..', '.', '', '../admin', 'INC 7', 'INC/7', 'INC-7?x=1', 'INC-7#', '%2e%2e', 'x'.repeat(41), '-', 'İNC'])(
    'is said of "%s" without asking, since no incident can be called that',
    async (id) => {
      expect((await incidentSource(handClock(), DEFINITIONS).find(over('/a/b'), id)).incident).toBe('not_found');
      expect(server.seen).toEqual([]);
    },
  );
});

describe('caching', () => {
  it('keeps each incident by itself for as long as it may', async () => {
    const clock = handClock();
    const source = incidentSource(clock, DEFINITIONS);
    server.answer = (response, request) => json(200, { ...incident, id: request.url?.slice(1) })(response, request);
    await source.find(over(''), 'INC-7');
    clock.forward(14_999);
    await source.find(over(''), 'INC-8');
    expect((await source.find(over(''), 'INC-7')).ageMs).toBe(14_999);
    clock.forward(1);
    expect((await source.find(over(''), 'INC-7')).ageMs).toBe(0);
    expect(server.seen).toEqual(['GET /INC-7', 'GET /INC-8', 'GET /INC-7']);
  });

  it('never serves an old answer for a failed look-up', async () => {
    const clock = handClock();
    const source = incidentSource(clock, DEFINITIONS);
    await source.find(over('', 1), 'INC-7');
    clock.forward(1000);
    server.answer = json(500, {});
    await expect(source.find(over('', 1), 'INC-7')).rejects.toThrow('answered 500');
  });

  it('keeps a bounded number of answers', async () => {
    const source = incidentSource(handClock(), DEFINITIONS);
    server.answer = (response, request) => json(200, { ...incident, id: request.url?.slice(1) })(response, request);
    for (let number = 1; number <= 501; number += 1) await source.find(over(''), `INC-${number}`);
    await source.find(over(''), 'INC-501');
    expect(server.seen).toHaveLength(501);
    await source.find(over(''), 'INC-1');
    expect(server.seen).toHaveLength(502);
  });
});

describe('an answer that cannot be believed is neither "closed" nor "not found" (A3)', () => {
  it.each(BROKEN)('%s', async (_promise, broken, why) => {
    server.answer = broken;
    await expect(incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).rejects.toThrow(
      new RegExp(why.source.replace(/\$$/, ';')),
    );
    expect(server.seen).toEqual(['GET /INC-7', 'GET /PROBE-1']);
  });

  it.each([
    ['an answer about another incident', { ...incident, id: 'INC-9' }],
    ['a state of its own', { ...incident, state: 'mitigated' }],
    ['a "not found" that says 200', { error: 'not_found' }],
  ])('%s', async (_promise, body) => {
    server.answer = json(200, body);
    await expect(incidentSource(handClock(), DEFINITIONS).find(over(''), 'INC-7')).rejects.toThrow(
      /another (shape|incident)/,
    );
  });

  it('a server that is slow, and one that is down', async () => {
    const source = incidentSource(handClock(), DEFINITIONS);
    server.answer = () => {};
    await expect(source.find(over('', 0, 1), 'INC-7')).rejects.toThrow('did not answer within 1 s');
    const policy = over('');
    await server.stop();
    await expect(source.find(policy, 'INC-7')).rejects.toThrow('could not be reached');
    server = await serve(json(200, incident));
  });
});
