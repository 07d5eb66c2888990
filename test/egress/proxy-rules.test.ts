import { proxyFor, proxyRules } from '../../src/egress/proxy-rules.ts';

const PROXY = 'http://proxy.example:3128';
const goes = (env: NodeJS.ProcessEnv, url: string): string | undefined => {
  const { rules } = proxyRules(env);
  return rules && proxyFor(rules, new URL(url))?.href;
};
const by = (none: string, url: string): boolean =>
  goes({ HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: none }, url) !== undefined;

it.each([
  ['HTTPS_PROXY', 'https://slack.com', true],
  ['HTTPS_PROXY', 'wss://wss-primary.slack.com', true],
  ['HTTPS_PROXY', 'http://directory.example', false],
  ['https_proxy', 'https://slack.com', true],
  ['HTTP_PROXY', 'http://directory.example', true],
  ['http_proxy', 'https://slack.com', true],
  ['ALL_PROXY', 'https://slack.com', false],
])('%s takes %s: %s', (name, url, taken) => {
  expect(goes({ [name]: PROXY }, url)).toBe(taken ? `${PROXY}/` : undefined);
});

it('an empty setting is none, and small letters win', () => {
  expect(proxyRules({ HTTPS_PROXY: '', NO_PROXY: '*' })).toEqual({ rules: undefined, problems: [] });
  expect(goes({ HTTPS_PROXY: 'http://one.example', https_proxy: PROXY }, 'https://slack.com')).toBe(`${PROXY}/`);
});

it.each([
  'https://localhost',
  'http://bot.localhost',
  'http://127.0.0.1:3000',
  'http://127.8.9.10',
  'http://[::1]:1',
  'http://[::ffff:127.0.0.1]',
  'http://0.0.0.0',
  'http://169.254.169.254/latest/api/token',
  'http://169.254.170.2/v2/credentials',
  'http://169.254.170.23/v1/credentials',
  'http://[fd00:ec2::254]/latest/api/token',
  'http://[fd00:ec2::23]/v1/credentials',
  'http://[fe80::1]',
  'http://2852039166/latest',
])('%s is never asked through a proxy', (url) => {
  expect(by('', url)).toBe(false);
});

it.each([
  ['corp.example', 'https://corp.example', false],
  ['corp.example', 'https://a.b.corp.example', false],
  ['.corp.example', 'https://a.corp.example', false],
  ['*.corp.example', 'https://a.corp.example', false],
  ['corp.example', 'https://notcorp.example', true],
  ['CORP.example', 'https://a.corp.EXAMPLE.', false],
  ['corp.example:8443', 'https://corp.example:8443', false],
  ['corp.example:8443', 'https://corp.example', true],
  ['10.0.0.0/8', 'https://10.20.30.40', false],
  ['10.0.0.0/8', 'https://11.20.30.40', true],
  ['2001:db8::/32', 'https://[2001:db8::7]', false],
  ['192.0.2.7', 'https://192.0.2.7', false],
  ['2001:DB8:0:0:0:0:0:1', 'https://[2001:db8::1]', false],
  ['2001:db8::1', 'https://[2001:db8::2]', true],
  ['[2001:DB8:0::1]:8443', 'https://[2001:db8::1]:8443', false],
  ['[2001:DB8:0::1]:8443', 'https://[2001:db8::1]', true],
  ['a.example, b.example c.example', 'https://c.example', false],
  ['*', 'https://slack.com', false],
  [' ,, ', 'https://slack.com', true],
])('NO_PROXY=%s: %s by the proxy is %s', (none, url, taken) => {
  expect(by(none, url)).toBe(taken);
});

it.each([
  'proxy',
  '//proxy.example:3128',
  'proxy.example:port',
  'socks5://proxy.example',
  'http://',
  ' http://proxy.example',
  '"http://proxy.example"',
  'http://proxy.example\n',
  'http://a:%zz@proxy.example',
  'http://a:b%ffss@proxy.example:3128',
  'http://b%ffss@proxy.example:3128',
  'http://:s3cret@proxy.example:3128',
])('HTTPS_PROXY=%j is a problem by its name, without its value', (value) => {
  const secret = value.replace('proxy.example', 'ann:s3cret@proxy.example');
  const { rules, problems } = proxyRules({ https_proxy: secret, HTTP_PROXY: PROXY });
  expect(rules).toBeUndefined();
  expect(problems).toEqual([
    expect.stringMatching(/^https_proxy: must be an http:\/\/ or https:\/\/ address of a proxy/),
  ]);
  expect(problems.join()).not.toContain('s3cret');
});

it.each([
  ['proxy.corp:3128', 'http://proxy.corp:3128/'],
  ['10.0.0.1:3128', 'http://10.0.0.1:3128/'],
  ['[2001:db8::1]:3128/', 'http://[2001:db8::1]:3128/'],
  ['ann:s3cret@proxy.corp:3128', 'http://ann:s3cret@proxy.corp:3128/'],
])('HTTPS_PROXY=%s is read as http://', (value, address) => {
  expect(goes({ HTTPS_PROXY: value }, 'https://slack.com')).toBe(address);
});

it.each([
  '10.0.0.0/33',
  '2001:db8::/129',
  'http://dir.s3cret',
  'dir.s3cret/',
  '"dir.s3cret"',
  "a.example,'dir.s3cret'",
  '10.0.0.0/8/8',
  'fe80::1%eth0',
  'dir.s3cret:https',
  '192.168.*',
])('NO_PROXY=%j is a problem by its name, without its value', (value) => {
  const { rules, problems } = proxyRules({ HTTPS_PROXY: PROXY, no_proxy: value });
  expect(rules).toBeUndefined();
  expect(problems).toEqual([expect.stringMatching(/^no_proxy: must list hosts/)]);
  expect(problems.join()).not.toContain('s3cret');
  expect(proxyRules({ NO_PROXY: value })).toEqual({ rules: undefined, problems: [] });
});
