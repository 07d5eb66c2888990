import { writeFile } from 'node:fs/promises';
import { exportBundle } from '../broker/export-bundle.ts';
import { bundleText } from '../core/bundle.ts';
import { withStore } from './with-store.ts';

/** Writes the bundle of one incident. Returns the exit code. */
export const exportIncident = ({ incident, out }: { readonly incident: string; readonly out?: string }) =>
  withStore(async (store) => {
    const bundle = await exportBundle(store, incident);
    if (bundle === undefined) {
      console.error(`No request was ever opened for ${incident}. "breakglass list" shows what is open.`);
      return 1;
    }
    // No line end: the file is the bundle byte for byte.
    const text = bundleText(bundle);
    if (out === undefined) process.stdout.write(text);
    else await writeFile(out, text, { mode: 0o600 });
    const requests = bundle.streams.length - 1;
    const newest = bundle.checkpoints.at(-1)?.header;
    const upTo =
      newest === undefined ? 'nothing is sealed yet' : `sealed up to checkpoint ${newest.number}, ${newest.at}`;
    console.error(`${incident}: ${requests} request${requests === 1 ? '' : 's'}, ${upTo}.`);
    return 0;
  });
