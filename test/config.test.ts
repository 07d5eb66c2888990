import { readFileSync } from 'node:fs';
import { databaseUrl, loadConfig, loadSealConfig, pagerSettings } from '../src/config.ts';

const enough = {
  DATABASE_URL: 'postgresql://app@127.0.0.1/breakglass',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_ID: 'A012ABCD',
  SLACK_APP_TOKEN: 'xapp-1',
};
const KEY = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const SECRET = 'a secret of some length';
const WEBHOOK = 'https://pager.example.com/hooks/t0ken';

const problemsOf = (env: NodeJS.ProcessEnv): string => {
  try {
    loadConfig({ ...enough, ...env });
    return '';
  } catch (error) {
    return String(error);
  }
};

it.each(['DATABASE_URL', 'SLACK_BOT_TOKEN', 'SLACK_APP_ID'])(
  '%s is asked for in plain words, empty or not there',
  (name) => {
    for (const value of [undefined, '']) expect(problemsOf({ [name]: value })).toContain(`  ${name}: is required`);
    expect(problemsOf({ [name]: 'x' })).toContain(`  ${name}: must `);
  },
);

it('Slack may be left out where another chat is named, but not by half', () => {
  const { DATABASE_URL } = enough;
  expect(loadConfig({ DATABASE_URL }, { chatElsewhere: true })).toMatchObject({ DATABASE_URL });
  expect(() => loadConfig({ DATABASE_URL })).toThrow(/SLACK_BOT_TOKEN: is required/);
  const half = { DATABASE_URL, SLACK_APP_ID: 'A012ABCD' };
  expect(() => loadConfig(half, { chatElsewhere: true })).toThrow(/SLACK_BOT_TOKEN: is required/);
  expect(() => loadConfig(half, { chatElsewhere: true })).toThrow(
    /SLACK_SIGNING_SECRET: or SLACK_APP_TOKEN is required/,
  );
});

describe('the settings of the pagers', () => {
  it('are needed by nobody, and reach PagerDuty and the webhook where they are there', () => {
    expect(pagerSettings(loadConfig(enough))).toEqual({ pagerDuty: undefined, webhook: undefined });
    const env = { ...enough, PAGERDUTY_ROUTING_KEY: KEY, PAGE_WEBHOOK_URL: WEBHOOK, PAGE_WEBHOOK_SECRET: SECRET };
    expect(pagerSettings(loadConfig(env))).toEqual({
      pagerDuty: { routingKey: KEY, url: 'https://events.pagerduty.com' },
      webhook: { url: WEBHOOK, secret: SECRET },
    });
  });

  it.each<[what: string, env: NodeJS.ProcessEnv, problem: string]>([
    ['a key that is none', { PAGERDUTY_ROUTING_KEY: `${KEY}x` }, 'PAGERDUTY_ROUTING_KEY: must be the 32 letters'],
    [
      'an address without encryption',
      { PAGERDUTY_URL: 'http://events.pagerduty.com' },
      'PAGERDUTY_URL: must be an https',
    ],
    [
      'a webhook without encryption',
      { PAGE_WEBHOOK_URL: 'http://pager.example.com/t0ken', PAGE_WEBHOOK_SECRET: SECRET },
      'PAGE_WEBHOOK_URL: must be an https',
    ],
    ['a webhook without a secret', { PAGE_WEBHOOK_URL: WEBHOOK }, 'PAGE_WEBHOOK_SECRET: is required too'],
    ['a secret without a webhook', { PAGE_WEBHOOK_SECRET: SECRET }, 'PAGE_WEBHOOK_URL: is required too'],
    [
      'a short secret',
      { PAGE_WEBHOOK_URL: WEBHOOK, PAGE_WEBHOOK_SECRET: 'short' },
      'PAGE_WEBHOOK_SECRET: must be at least 16',
    ],
  ])('refuse %s, and never repeat a value', (_what, env, problem) => {
    const said = problemsOf(env);
    expect(said).toContain(problem);
    for (const value of Object.values(env)) expect(said).not.toContain(value);
  });

  it('may be on this machine without encryption', () => {
    expect(problemsOf({ PAGERDUTY_URL: 'http://127.0.0.1:4000' })).toBe('');
  });
});

describe('a value that was copied with something around it', () => {
  const app = {
    ...enough,
    SLACK_APP_TOKEN: 'xapp-1-token',
    SLACK_API_URL: 'http://127.0.0.1:9/api/',
    PAGERDUTY_URL: 'https://events.eu.pagerduty.com',
    HOST: '127.0.0.1',
    PORT: '3456',
    HEALTH_PORT: '3457',
    LOG_LEVEL: 'silent',
    AWS_REGION: 'eu-central-1',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container-token',
    AWS_ENDPOINT_URL_STS: 'https://sts.example',
    REDIS_URL: 'redis://127.0.0.1:6379',
    SLACK_SIGNING_SECRET: SECRET,
    DIRECTORY_TOKEN: 'directory-token',
    INCIDENTS_TOKEN: 'incidents-token',
    PAGERDUTY_ROUTING_KEY: KEY,
    PAGE_WEBHOOK_URL: WEBHOOK,
    PAGE_WEBHOOK_SECRET: SECRET,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-key',
    AWS_SESSION_TOKEN: 'session-token',
  };
  const seal = {
    SEAL_DATABASE_URL: 'postgresql://seal@127.0.0.1/breakglass',
    SEAL_KEY_FILE: '/etc/seal.pem',
    SEAL_NEXT_KEY_FILE: '/etc/next.pem',
    SEAL_ANCHOR_FILE: '/var/anchor',
    SEAL_BUCKET: 'our-bucket',
    SEAL_BUCKET_PREFIX: 'log/',
    SEAL_RETENTION_DAYS: '400',
    SEAL_SLACK_TOKEN: 'xoxb-2',
    SEAL_SLACK_CHANNEL: 'C0123ABCD',
  };
  const kinds = (value: string) => [
    `${value}\n`,
    `${value}\r\n`,
    ` ${value}`,
    `${value}\t`,
    `${value}\u00a0`,
    `${value}\0`,
    `${value}\u200b`,
    `\ufeff${value}`,
    `"${value}"`,
    `'${value}'`,
    `\u201c${value}\u201d`,
    `${value}"`,
  ];
  const said = (load: () => unknown): string => {
    try {
      load();
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it.each(Object.entries(app))('%s is refused at start, once and by name, never by value', (name, value) => {
    expect(said(() => loadConfig(app))).toBe('');
    for (const wrapped of kinds(value)) {
      const problem = said(() => loadConfig({ ...app, [name]: wrapped }));
      expect(problem).toContain(`1 setting(s) to fix in the environment:\n  ${name}: begins or ends with white space`);
      expect(problem).not.toContain(value);
    }
  });

  it.each(Object.entries(seal))('%s of the sealer is refused in the same way', (name, value) => {
    expect(said(() => loadSealConfig(seal))).toBe('');
    for (const wrapped of kinds(value)) {
      expect(said(() => loadSealConfig({ ...seal, [name]: wrapped }))).toContain(`${name}: begins or ends`);
    }
  });

  it('is tried here for every setting that there is', () => {
    const settings = [...readFileSync('src/config.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(
      ([, name]) => name,
    );
    expect(Object.keys({ ...app, ...seal })).toEqual(expect.arrayContaining(settings));
  });

  it.each(['DATABASE_URL', 'DATABASE_OWNER_URL', 'SEAL_DATABASE_URL'] as const)(
    'is refused for a command that needs %s alone (migrate, list, end)',
    (name) => {
      for (const wrapped of kinds(app.DATABASE_URL)) {
        expect(said(() => databaseUrl({ [name]: wrapped }, name))).toContain(`${name}: begins or`);
      }
    },
  );
});
