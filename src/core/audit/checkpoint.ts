import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonical, sha256 } from '../canonical.ts';
import { type Findings, findingsSchema } from './findings.ts';
import { GENESIS } from './log.ts';
import { type Leaf, rootOf } from './merkle.ts';

/** How often the log is sealed, in milliseconds. */
export interface Cadence {
  /** When something was written. */
  readonly changedMs: number;
  /** Also when nothing was, so that silence proves that nothing happened. */
  readonly idleMs: number;
}
export const CADENCE: Cadence = { changedMs: 60_000, idleMs: 15 * 60_000 };

/** A checkpoint that comes later than this after the one before it is a gap: nobody watched meanwhile. */
export const GAP_MS = CADENCE.idleMs + CADENCE.changedMs;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** In the one way to write these bytes: the last character may hold bits that decoding drops. */
export const base64 = z
  .string()
  .regex(/^[A-Za-z0-9+/]{1,400}={0,2}$/)
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text);

/** What is signed. A member that this version does not know is refused: it could change what the others mean. */
export const headerSchema = z.strictObject({
  version: z.literal(1),
  number: z.int().min(1),
  at: z.iso.datetime({ precision: 3 }),
  /** Hash of the checkpoint before; 64 zeros for the first. */
  previous: hash,
  /** Merkle root over all leaves, sorted by stream. */
  root: hash,
  /** How many leaves, and how many events they count together. */
  streams: z.int().min(0),
  events: z.int().min(0),
  /** How many leaves changed since the checkpoint before, and the Merkle root over those alone, sorted by stream. */
  changed: z.int().min(0),
  leavesDigest: hash,
  /** Rows that their events did not explain when the sealer last looked. */
  unexplained: findingsSchema.optional(),
  /** Fingerprint of the public key that signed it. */
  key: hash,
  /** The public key that signs from the next one on: SPKI in base64. */
  nextKey: base64.optional(),
});
export type CheckpointHeader = Readonly<z.infer<typeof headerSchema>>;

/** A checkpoint as it stands in an anchor, in a bundle and in the database; nothing besides is allowed. */
export const checkpointSchema = z.strictObject({ header: headerSchema, hash, signature: base64 });

/** A sealed state of the whole log. `hash` is the SHA-256 of the header's RFC 8785 form, `signature` is Ed25519, base64. */
export type Checkpoint = Readonly<z.infer<typeof checkpointSchema>>;

/** What a checkpoint counts of one stream: how many events, and the hash of the newest. */
export const leafSchema = z.strictObject({
  stream: z.string().regex(/^[A-Za-z0-9/._-]{1,60}$/),
  length: z.int().min(1),
  head: hash,
});

/** A checkpoint with the leaves that changed since the one before: what anchors hold. */
export interface FullCheckpoint extends Checkpoint {
  readonly leaves: readonly Leaf[];
}

/** SHA-256 of a header's RFC 8785 form, in hex: what the signature is over, and the next checkpoint names. */
export const headerHash = (header: CheckpointHeader): string => sha256(canonical(header));

/** Names what is signed, so that a signature of the same key over anything else can never pass for a checkpoint's. */
const signedText = (hashed: string): Buffer => Buffer.from(`breakglass checkpoint 1\n${hashed}`);

/** All that a checkpoint is made of. */
export interface Draft {
  readonly previous: Checkpoint | undefined;
  readonly at: Date;
  readonly root: string;
  readonly streams: number;
  readonly events: number;
  /** Sorted by stream. */
  readonly leaves: readonly Leaf[];
  readonly unexplained?: Findings | undefined;
  readonly privateKey: KeyObject;
  readonly nextKey?: string | undefined;
}

/** The checkpoint after `previous`. Ed25519 signs without chance: the same draft is the same checkpoint. */
export function signCheckpoint({
  previous,
  at,
  root,
  streams,
  events,
  leaves,
  unexplained,
  privateKey,
  nextKey,
}: Draft): Checkpoint {
  const header: CheckpointHeader = {
    version: 1,
    number: (previous?.header.number ?? 0) + 1,
    at: at.toISOString(),
    previous: previous?.hash ?? GENESIS,
    root,
    streams,
    events,
    changed: leaves.length,
    leavesDigest: rootOf(leaves),
    ...(unexplained === undefined ? {} : { unexplained }),
    key: fingerprintOf(publicKeyOf(privateKey)),
    ...(nextKey === undefined ? {} : { nextKey }),
  };
  const hashed = headerHash(header);
  return { header, hash: hashed, signature: sign(null, signedText(hashed), privateKey).toString('base64') };
}

/** A public key as it is kept and compared: SPKI in base64. */
export const publicKeyOf = (key: KeyObject): string =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }).toString('base64');

/** Names a public key: SHA-256 of its SPKI form, in hex. */
export const fingerprintOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');

/** What is wrong with a checkpoint taken by itself, given the key it must be signed with; undefined if nothing is. */
export function checkpointProblem(
  { header, hash: hashed, signature }: Checkpoint,
  publicKey: string,
): string | undefined {
  const name = `checkpoint ${header.number}`;
  if (headerHash(header) !== hashed) return `${name} was changed after it was signed`;
  if (fingerprintOf(publicKey) !== header.key) return `${name} is signed by another key, ${header.key}`;
  return signatureHolds(hashed, signature, publicKey) ? undefined : `${name} has a forged signature`;
}

function signatureHolds(hashed: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, signedText(hashed), key, Buffer.from(signature, 'base64'));
  } catch {
    // A key that is none signs nothing.
    return false;
  }
}

/** What is wrong with the leaves of a checkpoint: they are those it was signed over, or they are not. */
export const leavesProblem = ({ header }: Checkpoint, leaves: readonly Leaf[]): string | undefined =>
  leaves.length === header.changed && rootOf(leaves) === header.leavesDigest
    ? undefined
    : `checkpoint ${header.number} was signed over other leaves`;
