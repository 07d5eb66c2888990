import { problemOf } from '../../src/chat/slack/web.ts';
import { proxySaid } from '../../src/core/proxy-answer.ts';
import { getJson } from '../../src/http-json.ts';

/** As undici words them, below what `fetch` throws. */
const NOES: readonly (readonly [said: string, status: number])[] = [
  ['Proxy response (502) !== 200 when HTTP Tunneling', 502],
  ['Proxy Authentication Required (407)', 407],
  ['the proxy answered 403, and sts.invalid was not reached', 403],
];
const below = (said: string) => new TypeError('fetch failed', { cause: new Error(said) });

it.each(NOES)('%s is said in words, by Slack’s side and by sources', async (said, status) => {
  const words = `, as the proxy answered ${status}`;
  expect(proxySaid(below(said))).toBe(words);
  const request = Object.assign(new Error('A request error occurred', { cause: below(said) }), {
    code: 'slack_webapi_request_error',
  });
  expect(problemOf(request)).toEqual({ kind: 'unknown', why: `A request error occurred${words}` });
  const question = { source: 'the directory', url: new URL('https://d.invalid'), timeoutMs: 1_000, maxBytes: 10 };
  const asked = getJson(question, { now: () => 0, fetch: () => Promise.reject(below(said)) });
  await expect(asked).rejects.toThrow(`the directory at d.invalid could not be reached${words}`);
});

it.each([below('connect ECONNREFUSED'), new Error('x'), 'Proxy response (502)', undefined])(
  'nothing is said of a proxy in %s',
  (error) => {
    expect(proxySaid(error)).toBe('');
  },
);
