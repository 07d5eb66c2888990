import { databaseUrl } from '../config.ts';
import { migrate } from '../store/migrate.ts';

/** Brings the schema up to date as the owner, and gives app and sealer their rights. */
export async function migrateDatabase(): Promise<void> {
  const ownerUrl = databaseUrl(process.env, 'DATABASE_OWNER_URL');
  const appUrl = databaseUrl(process.env, 'DATABASE_URL');
  const sealUrl = process.env.SEAL_DATABASE_URL ? databaseUrl(process.env, 'SEAL_DATABASE_URL') : undefined;
  const { applied } = await migrate({ ownerUrl, appUrl, sealUrl, log: (line) => console.log(line) });
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
}
