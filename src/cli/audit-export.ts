import { writeFile } from 'node:fs/promises';
import { exportBundle } from '../broker/export-bundle.ts';
import { withStore } from './with-store.ts';

/** Writes the bundle of one incident. Returns the exit code. */
export const exportIncident = ({ incident, out }: { readonly incident: string; readonly out?: string }) =>
  withStore(async (store) => {
    const bundle = await exportBundle(store, incident);
    if (bundle === undefined) {
      console.error(`No request was ever opened for ${incident}. "breakglass list" shows what is open.`);
      return 1;
    }
    const text = `${JSON.stringify(bundle, null, 1)}\n`;
    if (out === undefined) process.stdout.write(text);
    else await writeFile(out, text, { mode: 0o600 });
    const requests = bundle.streams.length - 1;
    const newest = bundle.checkpoints.at(-1)?.header;
    const upTo =
      newest === undefined ? 'nothing is sealed yet' : `sealed up to checkpoint ${newest.number}, ${newest.at}`;
    console.error(`${incident}: ${requests} request${requests === 1 ? '' : 's'}, ${upTo}.`);
    return 0;
  });
