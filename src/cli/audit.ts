import { createPublicKey } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyLog } from '../broker/verify-log.ts';
import { SettingsProblem } from '../config.ts';
import { type AnchorRead, anchorScan, BUNDLE_SKIPPED, isBundle } from '../core/audit/anchor-text.ts';
import { readBundle } from '../core/audit/bundle.ts';
import type { Anchored, BundleReport } from '../core/audit/bundle-report.ts';
import { publicKeyOf } from '../core/audit/checkpoint.ts';
import { verifyBundle } from '../core/audit/verify-bundle.ts';
import { Failure } from '../core/failure.ts';
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
    // Never 1, which says that the log was tampered with.
    const foreseen = error instanceof Unusable || error instanceof Failure || error instanceof SettingsProblem;
    const why = error instanceof Error ? error.message : String(error);
    console.error(foreseen ? why : `audit verify could not finish, and has proven nothing: ${why}`);
    return 2;
  }
}

const verifyDatabase = (publicKey: string | undefined): Promise<number> =>
  withStore(async (store) => {
    const { streams, events, broken, unexplained, sealed, unsealedSince, named } = await verifyLog(store, publicKey);
    for (const note of [...sealed.gaps, ...sealed.findings]) console.log(`note: ${note}.`);
    if (unsealedSince) console.log(`unknown: nothing was sealed since ${unsealedSince}: does the sealer run?`);
    if (broken) {
      console.error(`broken: ${broken}.`);
      console.error('Keep this database as it is and tell security: the log can no longer prove what followed.');
      return 1;
    }
    if (unexplained.length > 0) {
      for (const { stream, what } of unexplained) console.error(`broken: ${stream}: ${what}.`);
      console.error(
        'Every link holds, and these rows are not what the log says. Keep this database, and tell security.',
      );
      return 1;
    }
    const { newest, key } = sealed;
    const upTo = newest
      ? `sealed up to checkpoint ${newest.header.number}, ${newest.header.at}, by key ${key}`
      : `nothing is sealed: no sealer ${named ? 'left anything' : 'ever ran'}`;
    console.log(`ok: ${events} events in ${streams} streams, every link holds; ${upTo}.`);
    if (newest === undefined && publicKey !== undefined) {
      console.log(
        'unknown: nothing here is signed, so the key proves nothing: start a sealer, or ask where its checkpoints are.',
      );
      return NOT_PROVEN;
    }
    if (newest !== undefined && publicKey === undefined) {
      console.log(
        `unknown: nobody vouched for key ${key}: compare it, and name your copy of the public key with --key.`,
      );
      return NOT_PROVEN;
    }
    return unsealedSince === undefined ? 0 : NOT_PROVEN;
  });

async function verifyFile(
  file: string,
  publicKey: string | undefined,
  anchors: readonly Anchored[] | undefined,
): Promise<number> {
  const bytes = await readFile(file).catch(() => {
    throw new Unusable(`${file} cannot be read: name what "breakglass audit export" wrote.`);
  });
  const read = readBundle(bytes);
  if (!read.ok && !read.names) {
    throw new Unusable(`${file} is no bundle: name what "breakglass audit export" wrote.`);
  }
  if (!read.ok) {
    console.error(`broken: ${file} is not a bundle as it was exported: ${read.why}.`);
    return 1;
  }
  const { incident, streams, checkpoints } = read.bundle;
  const events = streams.reduce((sum, one) => sum + one.events.length, 0);
  console.log(`${incident}: ${streams.length - 1} requests, ${events} events, ${checkpoints.length} checkpoints.`);
  return reported(verifyBundle(read.bundle, { publicKey, anchors }));
}

function reported({ broken, unknown, notes, complete }: BundleReport): number {
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
  for (const entry of [...names].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(entry.parentPath, entry.name);
    if (!(await isFile(entry, file))) continue;
    const { checkpoints, skipped, damaged } = await scanned(file);
    if (skipped !== undefined) console.log(`skipped ${file}: ${skipped}.`);
    if (damaged > 0) console.log(`note: ${file} holds ${damaged} damaged checkpoint(s), which count for nothing.`);
    for (const checkpoint of checkpoints) anchors.push({ from: file, checkpoint });
  }
  return anchors;
}

/** A file, or a link to one. What else is there is said, except the folders that are gone through. */
async function isFile(entry: Dirent, file: string): Promise<boolean> {
  if (entry.isDirectory()) return false;
  if ((await stat(file).catch(() => undefined))?.isFile()) return true;
  console.log(`skipped ${file}: it is no file, nor a link to one.`);
  return false;
}

/** Piece by piece: what anchored a log for years may be larger than any text can be. */
async function scanned(file: string): Promise<AnchorRead> {
  const scan = anchorScan();
  try {
    for await (const piece of createReadStream(file, 'utf8')) scan.add(String(piece));
  } catch {
    throw new Unusable(`--anchors: ${file} cannot be read.`);
  }
  const whole = scan.namesBundle ? await readFile(file, 'utf8').catch(() => '') : '';
  return isBundle(whole) ? BUNDLE_SKIPPED : scan.end();
}
