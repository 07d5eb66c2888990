import { databaseUrl } from '../config.ts';
import { migrate } from '../store/migrate.ts';

/** Brings the schema up to date as the owner, and gives the app's role its rights. */
export async function migrateDatabase(): Promise<void> {
  const ownerUrl = databaseUrl(process.env, 'DATABASE_OWNER_URL');
  const appUrl = databaseUrl(process.env, 'DATABASE_URL');
  const { applied } = await migrate({ ownerUrl, appUrl, log: (line) => console.log(line) });
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
}
