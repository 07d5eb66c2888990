import { DEFINITIONS } from '../definitions.ts';
import { main, ROLES } from '../main.ts';
import { localClouds } from '../open-clouds.ts';

const isRole = (role: string): role is (typeof ROLES)[number] => (ROLES as readonly string[]).includes(role);

/** Starts the bot and stays until SIGINT or SIGTERM, which let running work finish. */
export async function start(options: {
  readonly role: string;
  readonly file: string;
  readonly embedded?: boolean;
}): Promise<void> {
  const { role, file } = options;
  if (role === 'seal') return startSealer(options.embedded === true);
  if (!isRole(role)) throw new Error(`--role is one of ${ROLES.join(', ')}, seal, not "${role}".`);
  const database = options.embedded ? await embedded(role) : undefined;
  const env = database ? { ...process.env, DATABASE_URL: database.appUrl } : process.env;
  const stopping = interrupted();
  try {
    const running = await main({ env, role, file });
    await stopping;
    await running.stop();
  } finally {
    await database?.stop();
  }
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

/** The process that signs the log: of its own, and never on the database for trying out, whose roles it would share. */
async function startSealer(onEmbedded: boolean): Promise<void> {
  if (onEmbedded) throw new Error('--role seal needs a database of its own role (SEAL_DATABASE_URL), not --embedded.');
  const { sealer } = await import('../sealer.ts');
  const stopping = interrupted();
  const running = await sealer({ env: process.env });
  await stopping;
  await running.stop();
}

async function embedded(role: (typeof ROLES)[number]) {
  const [{ startEmbedded }, { migrate }, { assertLoopback }] = await Promise.all([
    import('../store/embedded/start.ts'),
    import('../store/migrate.ts'),
    import('../store/embedded/loopback.ts'),
  ]);
  // A profile cannot say either that the SDK is to ask elsewhere than it is told here.
  process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ??= 'false';
  const { addresses, missing } = localClouds(process.env, DEFINITIONS);
  if (missing !== undefined) {
    throw new Error(
      `--embedded is for trying out and refuses a real cloud: set ${missing} to a local one, or use DATABASE_URL.`,
    );
  }
  await assertLoopback(addresses);
  const log = (line: string) => process.stderr.write(`${line}\n`);
  // Bolt takes as long to load as PostgreSQL to start, so both are waited for at once.
  const [database] = await Promise.all([
    startEmbedded({ dir: '.breakglass', log }),
    role === 'worker' ? undefined : import('../chat/slack/app.ts'),
  ]);
  await migrate({ ownerUrl: database.ownerUrl, appUrl: database.appUrl, log });
  return database;
}
