import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const FORMS = 100;

describe('the first commands after a start', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  it('A3: 100 forms, 20 at once as soon as the product calls itself ready, all open within the 3 s that Slack gives', async () => {
    const { ownerUrl, appUrl, adminUrl } = database;
    const flags = ['warm', '--figures', '--forms', String(FORMS), '--at-once', '20'];
    const { stdout } = await promisify(execFile)(process.execPath, ['bench/load/main.mjs', ...flags], {
      env: { ...process.env, LOAD_DATABASE: JSON.stringify({ ownerUrl, appUrl, adminUrl }) },
    });
    expect(JSON.parse(stdout)).toMatchObject({ forms: FORMS, opened: FORMS });
  }, 120_000);
});
