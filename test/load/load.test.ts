import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { redisBinary } from '../support/redis.ts';

const GRANTS = 200;

interface Figures {
  readonly closed: number;
  /** Names of roles that still let somebody in. */
  readonly open: readonly string[];
  readonly calls: { readonly aws: { readonly requests: number; readonly throttled: number } };
  readonly chat: { readonly owed: number; readonly limited: number };
}

/** `npm run load` with so many grants that end within two seconds, on a database of the suite's own. */
async function load(database: TestDatabase, backend: 'redis' | 'postgres', chat: string): Promise<Figures> {
  const { ownerUrl, appUrl, adminUrl } = database;
  const options = { backend, chat, grants: String(GRANTS), over: '2', provider: '20ms' };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/load/main.mjs', '--figures', ...flags], {
    env: { ...process.env, LOAD_DATABASE: JSON.stringify({ ownerUrl, appUrl, adminUrl }) },
  });
  return JSON.parse(stdout) as Figures;
}

describe('grants in 50 accounts that end together, with two workers', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  it('D2, D6: all 200 are proven ended while Slack is dead: no ending waits for the chat (PostgreSQL)', async () => {
    const { closed, open, calls, chat } = await load(database, 'postgres', 'dead');
    expect({ closed, open }).toEqual({ closed: GRANTS, open: [] });
    expect(calls.aws.throttled).toBe(0);
    expect(chat.owed).toBeGreaterThanOrEqual(GRANTS);
  }, 240_000);

  const onRedis = redisBinary() === undefined ? it.skip : it;
  onRedis(
    'D2: all 200 are proven ended, and Slack says 429 only until its limits are known (Redis)',
    async () => {
      const { closed, open, chat } = await load(database, 'redis', 'limited');
      expect({ closed, open }).toEqual({ closed: GRANTS, open: [] });
      // Two processes, each with eight calls under way when a limit shows, and some more while they find their share.
      expect(chat.limited).toBeLessThan(40);
    },
    240_000,
  );
});
