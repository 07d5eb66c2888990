import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Policy } from '../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { directorySource } from '../../src/directory/source.ts';
import { policyOf } from '../policy-file/small-policy.ts';
import { BROKEN, handClock, json, type Served, serve } from './http-server.ts';

const small = policyOf();
const answer = {
  teams: [{ id: 'sre', name: 'SRE' }],
  people: [{ id: 'bo', name: 'Bo', teams: ['sre'], chats: { slack: [{ workspace: 'T1', user: 'U2' }] } }],
  onCall: { sre: ['bo'] },
};

let server: Served;
beforeEach(async () => {
  server = await serve(json(200, answer));
});
afterEach(() => server.stop());

const over = (url: string, cacheSeconds = 15, timeoutSeconds = 10): Policy => ({
  ...small,
  directory: { kind: 'http', url, timeoutSeconds, cacheSeconds },
});

it('answers with what the file lists, as fresh as the policy', async () => {
  const { directory, ageMs } = await directorySource(handClock(), DEFINITIONS).read(small);
  expect(directory).toEqual({ teams: small.teams, people: small.people, onCall: small.onCall });
  expect(ageMs).toBe(0);
});

it('answers with what the endpoint says, and sends the token as a bearer', async () => {
  const source = directorySource({ now: handClock().now, token: 's3cret' }, DEFINITIONS);
  const { directory } = await source.read(over(`${server.url}/breakglass/directory?tenant=1`));
  expect(directory.people).toEqual([{ ...answer.people[0], clouds: {}, suspended: false }]);
  expect(directory.onCall).toEqual(answer.onCall);
  expect(server.seen).toEqual(['GET /breakglass/directory?tenant=1']);
  expect(server.tokens).toEqual(['Bearer s3cret']);
});

it('drops one mark of the byte order before the answer (RFC 8259, 8.1)', async () => {
  server.answer = (response) => void response.writeHead(200).end(`\ufeff${JSON.stringify(answer)}`);
  const { directory } = await directorySource(handClock(), DEFINITIONS).read(over(server.url));
  expect(directory.people.map(({ name }) => name)).toEqual(['Bo']);
});

it('follows the policy in force: file, then endpoint, then another endpoint', async () => {
  const source = directorySource(handClock(), DEFINITIONS);
  expect((await source.read(small)).directory.people).toHaveLength(3);
  expect((await source.read(over(server.url))).directory.people).toHaveLength(1);
  server.answer = json(200, { teams: [], people: [] });
  expect((await source.read(over(`${server.url}/other`))).directory.people).toHaveLength(0);
});

it('takes the answer that its documentation shows', async () => {
  const [, shown = ''] =
    readFileSync('docs/sources.md', 'utf8').match(/The directory's answer[\s\S]*?```json\n([\s\S]*?)```/) ?? [];
  server.answer = json(200, JSON.parse(shown));
  expect((await directorySource(handClock(), DEFINITIONS).read(over(server.url))).directory).toEqual(JSON.parse(shown));
});

describe('caching', () => {
  it('asks again once an answer is as old as it may be, and says how old an answer is', async () => {
    const clock = handClock();
    const source = directorySource(clock, DEFINITIONS);
    await source.read(over(server.url, 15));
    clock.forward(14_999);
    expect((await source.read(over(server.url, 15))).ageMs).toBe(14_999);
    expect(server.seen).toHaveLength(1);
    clock.forward(1);
    expect((await source.read(over(server.url, 15))).ageMs).toBe(0);
    expect(server.seen).toHaveLength(2);
  });

  it('counts the age from the moment it asked: what the answer says may be as old as that', async () => {
    const clock = handClock();
    server.answer = (response, request) => {
      clock.forward(700);
      json(200, answer)(response, request);
    };
    expect((await directorySource(clock, DEFINITIONS).read(over(server.url))).ageMs).toBe(700);
  });

  it('keeps nothing where nothing may be kept', async () => {
    const source = directorySource(handClock(), DEFINITIONS);
    await source.read(over(server.url, 0));
    await source.read(over(server.url, 0));
    expect(server.seen).toHaveLength(2);
  });

  it('asks once for many readers at the same time', async () => {
    const source = directorySource(handClock(), DEFINITIONS);
    await Promise.all(Array.from({ length: 20 }, () => source.read(over(server.url))));
    expect(server.seen).toHaveLength(1);
  });

  it('never serves an old answer for a failed look-up (B4), and recovers at once', async () => {
    const clock = handClock();
    const source = directorySource(clock, DEFINITIONS);
    await source.read(over(server.url, 1));
    clock.forward(1000);
    server.answer = json(500, {});
    await expect(source.read(over(server.url, 1))).rejects.toThrow('answered 500');
    await expect(source.read(over(server.url, 1))).rejects.toThrow('answered 500');
    server.answer = json(200, answer);
    expect((await source.read(over(server.url, 1))).directory.people).toHaveLength(1);
  });
});

describe('an answer that cannot be believed is a failed look-up', () => {
  it.each(BROKEN)('%s', async (_promise, broken, why) => {
    server.answer = broken;
    await expect(directorySource(handClock(), DEFINITIONS).read(over(server.url, 15, 10))).rejects.toThrow(why);
    expect(server.seen).toEqual(['GET /']);
  });

  it.each([
    ['a person without teams', { people: [{ id: 'bo', name: 'Bo', chats: { slack: [] } }] }],
    ['a misspelt suspension', { people: [{ ...answer.people[0], suspend: true }] }],
    [
      'a principal of an unknown kind',
      { people: [{ ...answer.people[0], clouds: { aws: { kind: 'role', arn: 'x' } } }] },
    ],
    ['two teams of one id', { teams: [...answer.teams, { id: 'sre', name: 'Other' }] }],
  ])('%s', async (_promise, change) => {
    server.answer = json(200, { ...answer, ...change });
    await expect(directorySource(handClock(), DEFINITIONS).read(over(server.url))).rejects.toThrow(
      /in another shape|two teams/,
    );
  });

  it('a server that is slow to begin, and one that is slow to end', async () => {
    const source = directorySource(handClock(), DEFINITIONS);
    server.answer = () => {};
    await expect(source.read(over(server.url, 0, 1))).rejects.toThrow('did not answer within 1 s');
    server.answer = (response) => void response.writeHead(200).write('{');
    await expect(source.read(over(server.url, 0, 1))).rejects.toThrow('did not answer within 1 s');
  });

  it('a server that is down, and one that speaks something else', async () => {
    const gone = server.url;
    await server.stop();
    await expect(directorySource(handClock(), DEFINITIONS).read(over(gone))).rejects.toThrow('could not be reached');
    const other = createServer((socket) => void socket.end('SSH-2.0\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(directorySource(handClock(), DEFINITIONS).read(over(`http://127.0.0.1:${port}`))).rejects.toThrow(
      'could not be reached',
    );
    other.close();
    server = await serve(json(200, answer));
  });

  it('an answer that is not UTF-8, and one with a character that cannot be stored', async () => {
    const bytes = (body: string | Buffer) => {
      server.answer = (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    };
    const text = JSON.stringify(answer).replace('"Bo"', '"Bó"');
    bytes(Buffer.from(text, 'latin1'));
    await expect(directorySource(handClock(), DEFINITIONS).read(over(server.url, 0))).rejects.toThrow('not JSON');
    for (const character of ['\\u0000', '\\ud800']) {
      bytes(text.replace('Bó', character));
      await expect(directorySource(handClock(), DEFINITIONS).read(over(server.url, 0))).rejects.toThrow(
        'cannot be stored',
      );
    }
  });

  it('names the host and neither token nor query in its error', async () => {
    server.answer = json(500, {});
    const source = directorySource({ now: handClock().now, token: 's3cret' }, DEFINITIONS);
    const error = await source.read(over(`${server.url}/x?key=k3y`)).catch((reason: unknown) => reason);
    expect(String(error)).toBe(`SourceError: the directory at ${new URL(server.url).host} answered 500`);
  });
});
