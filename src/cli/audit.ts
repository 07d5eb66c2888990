import { createPublicKey } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyLog } from '../broker/verify-log.ts';
import { checkpointsIn } from '../core/anchor-text.ts';
import { bundleSchema } from '../core/bundle.ts';
import { publicKeyOf } from '../core/checkpoint.ts';
import { type Anchored, type BundleReport, verifyBundle } from '../core/verify-bundle.ts';
import { withStore } from './with-store.ts';

/** Nothing is broken, and not everything is proven. */
const NOT_PROVEN = 3;

export interface VerifyOptions {
  readonly key?: string;
  readonly anchors?: string;
}

/** Something that was named on the command line cannot be used; said to the operator. */
class Unusable extends Error {}

/** Checks a bundle, with no database and no network, or the database. Returns the exit code. */
export async function verify(bundle: string | undefined, options: VerifyOptions): Promise<number> {
  try {
    const publicKey = options.key === undefined ? undefined : await readPublicKey(options.key);
    if (bundle === undefined && options.anchors !== undefined) {
      throw new Unusable(
        '--anchors goes with a bundle: "breakglass audit export --incident ID --out FILE" writes one.',
      );
    }
    return bundle === undefined
      ? await verifyDatabase(publicKey)
      : await verifyFile(
          bundle,
          publicKey,
          options.anchors === undefined ? undefined : await readAnchors(options.anchors),
        );
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    console.error(error.message);
    return 2;
  }
}

const verifyDatabase = (publicKey: string | undefined): Promise<number> =>
  withStore(async (store) => {
    const { streams, events, broken, sealed, unsealedSince } = await verifyLog(store, publicKey);
    for (const gap of sealed.gaps) console.log(`note: ${gap}.`);
    if (unsealedSince) console.log(`note: nothing was sealed since ${unsealedSince}: does the sealer run?`);
    if (broken) {
      console.error(`broken: ${broken}.`);
      console.error('Keep this database as it is and tell security: the log can no longer prove what followed.');
      return 1;
    }
    const { newest, key } = sealed;
    const upTo = newest
      ? `sealed up to checkpoint ${newest.header.number}, ${newest.header.at}, by key ${key}`
      : 'nothing is sealed: no sealer ever ran';
    console.log(`ok: ${events} events in ${streams} streams, every link holds; ${upTo}.`);
    return 0;
  });

async function verifyFile(
  file: string,
  publicKey: string | undefined,
  anchors: readonly Anchored[] | undefined,
): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Unusable(`${file} cannot be read: name what "breakglass audit export" wrote.`);
  });
  const parsed = bundleSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    console.error(`broken: ${file} is no whole bundle: at "${issue?.path.join('.')}", ${issue?.message}.`);
    return 1;
  }
  const { incident, streams, checkpoints } = parsed.data;
  const events = streams.reduce((sum, one) => sum + one.events.length, 0);
  console.log(`${incident}: ${streams.length - 1} requests, ${events} events, ${checkpoints.length} checkpoints.`);
  return told(verifyBundle(parsed.data, { publicKey, anchors }));
}

function told({ broken, unknown, notes, complete }: BundleReport): number {
  for (const note of notes) console.log(`note: ${note}.`);
  for (const why of broken) console.error(`broken: ${why}.`);
  if (broken.length > 0) {
    console.error('This does not prove what it says. Keep it, and tell security.');
    return 1;
  }
  const upTo = complete
    ? `complete up to checkpoint ${complete.number}, ${complete.at}`
    : 'complete up to no checkpoint';
  if (unknown.length === 0) {
    console.log(`ok: every link, signature and proof holds; ${upTo}.`);
    return 0;
  }
  console.log(`${upTo}; later unknown`);
  for (const why of unknown) console.log(`unknown: ${why}.`);
  return NOT_PROVEN;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readPublicKey(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch(() => '');
  try {
    // A private key would do for the computer, and should never come near whoever only verifies.
    if (pem.includes('BEGIN PUBLIC KEY')) return publicKeyOf(createPublicKey(pem));
  } catch {
    // Said below: the error may quote the file.
  }
  throw new Unusable(`--key: ${file} holds no public key in PEM: name the .pub file that "audit keygen" wrote.`);
}

/** Every checkpoint in every file below a folder; what holds none is passed over with a word. */
async function readAnchors(folder: string): Promise<readonly Anchored[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new Unusable(`--anchors: ${folder} is no folder that can be read.`);
  });
  const anchors: Anchored[] = [];
  for (const entry of names.filter((one) => one.isFile()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(entry.parentPath, entry.name);
    const { checkpoints, skipped, damaged } = checkpointsIn(await readFile(file, 'utf8'));
    if (skipped !== undefined) console.log(`skipped ${file}: ${skipped}.`);
    if (damaged > 0) console.log(`note: ${file} holds ${damaged} damaged checkpoint(s), which count for nothing.`);
    anchors.push(...checkpoints.map((checkpoint) => ({ from: file, checkpoint })));
  }
  return anchors;
}
