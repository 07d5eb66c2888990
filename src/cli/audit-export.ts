import { writeFile } from 'node:fs/promises';
import { exportBundle } from '../broker/export-bundle.ts';
import { bundleText } from '../core/audit/bundle.ts';
import { typedId } from '../core/typed.ts';
import type { Store } from '../ports/store.ts';
import { withStore } from './with-store.ts';

/** Writes the bundle of one incident. Returns the exit code. */
export const exportIncident = ({ incident: typed, out }: { readonly incident: string; readonly out?: string }) =>
  withStore(async (store) => {
    const asTyped = await exportBundle(store, typed);
    const [spelling, another] = asTyped === undefined ? await spellings(store, typed) : [];
    if (another !== undefined) {
      console.error(`Which one? Requests were opened for ${spelling} and for ${another}: name one as it stands here.`);
      return 1;
    }
    const bundle = spelling === undefined ? asTyped : await exportBundle(store, spelling);
    if (bundle === undefined) {
      console.error(`No request was ever opened for ${typed}. "breakglass list" shows what is open.`);
      return 1;
    }
    const { incident } = bundle;
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

/** How the log spells the incident that was typed: its own letter case, and without quotes. Few do not spell it in one way. */
async function spellings(store: Store, typed: string): Promise<readonly string[]> {
  const wanted = typedId(typed).toLowerCase();
  const found = new Set<string>();
  for (let after: string | undefined; ; ) {
    const page = await store.counted(PAGE, after);
    for (const { incident } of page) if (incident.toLowerCase() === wanted) found.add(incident);
    after = page.at(-1)?.id;
    if (page.length < PAGE || after === undefined) return [...found];
  }
}
const PAGE = 5_000;
