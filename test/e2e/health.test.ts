import { createServer } from 'node:net';
import { end } from '../../src/cli/requests.ts';
import { requestStream } from '../../src/core/events.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { assumeGrant, awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { DEMO_FLOORS } from '../../src/demo/overlay.ts';
import { openStore } from '../../src/store/open-store.ts';
import { statementName } from '../../src/store/raw.ts';
import { silent } from '../store/silent-logger.ts';
import { withClient } from '../support/database.ts';
import { openProduct, type Product } from '../support/product.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

/*
 * Each part of the page of health is made red, one after the other, while somebody holds access; that access is ended
 * all the same, by whichever layer is left, and the cloud itself is asked whether it did.
 */

const CHANNEL = 'C0INC2041';
const ACCOUNT = '111122223333';
const FORM = {
  incident: 'INC-2041',
  minutes: 15,
  reason: 'service_restoration',
  commander: 'kenji',
} as const;
const SWEEP_MS = 3_000;
const roleOf = (trouble: number): string => `trouble-${trouble}`;

type Change = NonNullable<Parameters<Product['restart']>[0]>;

interface Trouble {
  /** The part that turns red, and what the page says of it. */
  readonly part: string;
  readonly says: RegExp;
  /** Makes the trouble, while the product runs. */
  readonly make?: () => Promise<unknown> | unknown;
  /** The product is started anew, like this, once the trouble is there. */
  readonly restart?: Change;
  readonly mend?: () => Promise<unknown> | unknown;
  /** What is left to end it: somebody presses "End", an operator at the command line, the sweep by the plan, or the cloud's own date. */
  readonly by: 'button' | 'operator' | 'sweep' | 'cloud';
}

let on: Product;
let wire: TcpProxy;
let usual: NonNullable<Change['lowered']>;
let isClockCut = false;
/** Somebody else on this machine, who may take the port. */
const neighbour = createServer();
const takenPort = (): string | undefined => {
  const address = neighbour.address();
  return typeof address === 'object' && address !== null ? String(address.port) : undefined;
};
const keys = { id: process.env.AWS_ACCESS_KEY_ID };

const as = (person: string) => on.stage.slack.as(userOf(on.stage, person));
/** Past every trigger and right. */
const asSuperuser = (sql: string) =>
  withClient(on.database.adminUrl, async (client) => {
    await client.query('SET session_replication_role = replica');
    await client.query(sql);
  });
/** What only a superuser may set, so that our sessions can but say it. */
const presetReplication = (what: string) =>
  asSuperuser(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${what}', current_database()); END $$`);
const READS_CLOCK = `
          SELECT date_trunc('milliseconds', clock_timestamp()) AS "now"`.trim();

const TROUBLES: readonly Trouble[] = [
  {
    part: 'sweep',
    says: /^The last sweep came to its end \d+ s ago, and one is due every 3 s/,
    restart: { lowered: { sweep: false } },
    make: () => asSuperuser(`UPDATE sweeps SET at = at - interval '1 min'`),
    by: 'button',
  },
  {
    part: 'chat_slack',
    says: /^Slack refuses us \(invalid_auth\)/,
    make: () => on.stage.slack.dials.fail('auth.test', 'before', { error: 'invalid_auth' }, 1_000),
    restart: {},
    mend: () => on.stage.slack.dials.clearFaults(),
    by: 'button',
  },
  {
    part: 'policy',
    says: /own policy file is wrong/,
    restart: { lowered: { policyText: 'version: 1\nzones: [' } },
    by: 'button',
  },
  {
    part: 'policy',
    says: /^No policy is in force/,
    make: () => asSuperuser('CREATE TABLE kept AS TABLE policies; DELETE FROM policies'),
    mend: () =>
      asSuperuser(`INSERT INTO policies (number, digest, policy, document, applied_at, applied_by)
        SELECT number, digest, policy, document, applied_at, applied_by FROM kept; DROP TABLE kept`),
    by: 'button',
  },
  {
    part: 'sealer',
    says: /^The log was last signed 36\d\d s ago/,
    make: () =>
      asSuperuser(`INSERT INTO checkpoints (number, previous, at, header, hash, signature, public_key)
        VALUES (1, repeat('0', 64), clock_timestamp() - interval '1 h',
          jsonb_build_object('number', 1, 'previous', repeat('0', 64)), repeat('a', 64), 'a', 'a')`),
    mend: () => asSuperuser('DELETE FROM checkpoints'),
    by: 'button',
  },
  {
    part: 'queue',
    says: /^The queue does not answer/,
    make: () => asSuperuser('ALTER SCHEMA bullmq RENAME TO gone'),
    mend: () => asSuperuser('ALTER SCHEMA gone RENAME TO bullmq'),
    by: 'button',
  },
  {
    part: 'cloud',
    says: /^This process cannot get its cloud credentials/,
    make: () => {
      process.env.AWS_ACCESS_KEY_ID = 'AKIAREVOKEDREVOKED00';
    },
    restart: {},
    mend: () => {
      process.env.AWS_ACCESS_KEY_ID = keys.id;
    },
    by: 'cloud',
  },
  {
    part: 'clock',
    says: /^The database's clock cannot be read/,
    make: () => {
      isClockCut = true;
    },
    mend: () => {
      isClockCut = false;
    },
    by: 'cloud',
  },
  {
    part: 'sessions',
    says: /^Nothing is opened: the database sessions are not ours alone, or not as they must be/,
    make: () => presetReplication('SET session_replication_role = replica'),
    restart: {},
    mend: () => presetReplication('RESET session_replication_role'),
    by: 'button',
  },
  {
    part: 'listening',
    says: /^HOST and PORT are not listened on/,
    make: () => new Promise<void>((resolve) => void neighbour.listen(0, '127.0.0.1', resolve)),
    restart: {},
    mend: () => new Promise((resolve) => neighbour.close(resolve)),
    by: 'operator',
  },
  {
    part: 'installation',
    says: /^This database is a copy of another installation/,
    make: () => asSuperuser(`UPDATE installation SET system_identifier = system_identifier || '0'`),
    // Past the planned end: a copy ends by plan alone.
    restart: { lowered: { clockOffsetMs: 30 * 60_000 } },
    mend: () => asSuperuser(`UPDATE installation SET system_identifier = left(system_identifier, -1)`),
    by: 'sweep',
  },
];

interface Held {
  readonly requestId: string;
  readonly card: Awaited<ReturnType<typeof awaitCard>>;
  readonly roleArn: string;
}
let held: readonly Held[];

const states = () =>
  withClient(on.database.adminUrl, async (client) => {
    const { rows } = await client.query<{ id: string; state: string; purpose: string; arn: string }>(
      `SELECT r.id, r.state, r.document #>> '{details,purpose}' AS purpose,
         'arn:aws:iam::${ACCOUNT}:role/breakglass/' || (g.plan ->> 'name') AS arn
       FROM requests AS r LEFT JOIN grants AS g ON g.request_id = r.id`,
    );
    return rows;
  });
const mayAssume = ({ roleArn }: Held) =>
  assumeGrant(on.stage, 'mira', roleArn).then(
    () => true,
    () => false,
  );
const page = async () => {
  const answer = await fetch(`${on.running.url}/health/status`);
  const { parts } = (await answer.json()) as { parts: Record<string, { state: string; says: string }> };
  return { status: answer.status, parts };
};

async function seenRed(part: string, says: RegExp): Promise<void> {
  await until(async () => (await page()).parts[part]?.state === 'red', `${part} to be red`, 90_000);
  const { status, parts } = await page();
  expect(status).toBe(503);
  expect(parts[part]?.says).toMatch(says);
  // Load balancers go on sending people here: they can end.
  expect((await fetch(`${on.running.url}/health/ready`)).status).toBe(200);
}

/** `breakglass end ID`. */
async function endFromShell(id: string): Promise<number> {
  const before = process.env.DATABASE_URL;
  const { log } = console;
  process.env.DATABASE_URL = on.database.appUrl;
  console.log = () => undefined;
  try {
    return await end(id);
  } finally {
    console.log = log;
    if (before === undefined) delete process.env.DATABASE_URL;
    else process.env.DATABASE_URL = before;
  }
}

beforeAll(async () => {
  on = await openProduct({
    // Nobody holds the same role twice: one for each trouble.
    policy: (document) => {
      const roles = document.roles as { readonly id: string }[];
      const usual = roles.find(({ id }) => id === 'model-serving-restart');
      document.roles = [...roles, ...TROUBLES.map((_, index) => ({ ...usual, id: roleOf(index) }))];
    },
  });
  wire = await startTcpProxy(() => on.database.appUrl);
  const reads = [READS_CLOCK, statementName(READS_CLOCK)].filter((one) => one !== '');
  wire.judge((chunk) => (isClockCut && reads.some((one) => chunk.includes(one)) ? 'cut' : 'pass'));
  keys.id = process.env.AWS_ACCESS_KEY_ID;
  usual = { floors: DEMO_FLOORS, sweepMs: SWEEP_MS, policyText: on.stage.policyText, rehearse: false };
  await on.restart({ env: { DATABASE_URL: wire.through(on.database.appUrl) }, lowered: usual });
  for (const index of TROUBLES.keys()) {
    await fillForm(on.stage, 'mira', CHANNEL, { ...FORM, role: roleOf(index), purpose: `Trouble ${index}.` });
    await as('mira').submit();
    await as('sasha').click(await awaitCard(on.stage, CHANNEL, `Trouble ${index}.`), 'bg_approve');
  }
  await until(async () => (await states()).every(({ state }) => state === 'active'), 'all to be open', 120_000);
  const rows = await states();
  held = await Promise.all(
    [...TROUBLES.keys()].map(async (index) => {
      const row = rows.find(({ purpose }) => purpose === `Trouble ${index}.`);
      const card = await awaitCard(on.stage, CHANNEL, `Trouble ${index}.`);
      return { requestId: row?.id ?? '', card, roleArn: row?.arn ?? '' };
    }),
  );
}, 240_000);
afterAll(async () => {
  await on.close();
  await wire.close();
});

it('is good, with every part named, while all is well', async () => {
  await until(async () => (await page()).status === 200, 'the page to be good');
  const { parts } = await page();
  expect(Object.keys(parts).sort()).toEqual(
    [
      'chat_slack',
      'clock',
      'cloud',
      'database',
      'installation',
      'listening',
      'policy',
      'queue',
      'sealer',
      'sessions',
      'sweep',
    ].sort(),
  );
  expect(parts.sealer).toEqual({ state: 'elsewhere', says: 'No sealer has ever signed this log.' });
});

describe.each([...TROUBLES.entries()])('%i', (index, { part, says, make, restart, mend, by }) => {
  it(`with ${part} red (${String(says)}), access is ended by: ${by} (D2, D6)`, async () => {
    const access = held[index] as Held;
    const databaseOnly = { DATABASE_URL: wire.through(on.database.appUrl) };
    if (part !== 'sweep') await make?.();
    const port = takenPort();
    const env = { ...databaseOnly, ...(port === undefined ? {} : { PORT: port }) };
    if (restart !== undefined) await on.restart({ env, ...restart, lowered: { ...usual, ...restart.lowered } });
    if (part === 'sweep') await make?.();
    try {
      // Nobody answers there that it is red; the log says it.
      if (part === 'listening') expect(on.running.url).toBeUndefined();
      else await seenRed(part, says);
      if (by === 'operator') expect(await endFromShell(access.requestId)).toBe(0);
      if (by === 'button') await as('mira').click(access.card, 'bg_end');
      if (by === 'cloud') on.stage.aws.dials.setClockOffset(16 * 60_000);
      await until(async () => !(await mayAssume(access)), 'the access to be ended', 60_000);
    } finally {
      on.stage.aws.dials.setClockOffset(0);
      await mend?.();
      if (restart !== undefined) await on.restart({ env: databaseOnly, lowered: usual });
    }
  }, 240_000);
});

it('ends in good health, with every access closed that was ended by hand', async () => {
  const store = openStore({ definitions: DEFINITIONS, url: on.database.appUrl, logger: silent });
  try {
    const ended = TROUBLES.flatMap(({ by }, index) =>
      by === 'button' || by === 'operator' ? [held[index]?.requestId ?? ''] : [],
    );
    for (const id of ended) {
      await until(async () => (await store.find(id))?.request.state === 'closed', `${id} to be closed`);
      expect((await store.events(requestStream(id))).map(({ type }) => type)).toContain('access_removed');
    }
  } finally {
    await store.close();
  }
  await until(async () => (await page()).status === 200, 'the page to be good');
}, 120_000);
