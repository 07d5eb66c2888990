import { readFile } from 'node:fs/promises';
import { withClient } from '../support/database.ts';

const FILE = new URL('../../bench/load/history.sql', import.meta.url);

/** Copies a closed request in bulk, as so many that are long over: see `bench/load/history.sql`. */
export const growHistory = (adminUrl: string, model: string, from: number, to: number): Promise<void> =>
  withClient(adminUrl, async (admin) => {
    await admin.query(`SET history.model = '${model}'; SET history.first = ${from}; SET history.past = ${to}`);
    await admin.query(await readFile(FILE, 'utf8'));
  });
