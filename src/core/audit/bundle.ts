import { z } from 'zod';
import { canonical, type Json } from '../canonical.ts';
import type { StoredEvent } from '../events.ts';
import { incidentId } from '../policy/policy.ts';
import { canonicalJson } from '../strict-json.ts';
import { base64, checkpointSchema, leafSchema } from './checkpoint.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const eventSchema = z
  .strictObject({
    id: z.string(),
    stream: z.string(),
    seq: z.int().min(1),
    type: z.string(),
    at: z.iso.datetime({ precision: 3 }),
    actor: z.string(),
    data: z.record(z.string(), z.json()),
    checkpoint: z.int().min(0),
    prevHash: hash,
    hash,
  })
  .transform(
    ({ at, type, data, ...event }): StoredEvent => ({
      ...event,
      at: new Date(at),
      // A name that this version does not know verifies all the same: that needs the bytes, not the meaning.
      type: type as StoredEvent['type'],
      data: data as Readonly<Record<string, Json>>,
    }),
  );

const proofSchema = z.strictObject({ index: z.int().min(0), size: z.int().min(1), path: z.array(hash).max(64) });
const provenLeaf = leafSchema.omit({ stream: true }).extend({ proof: proofSchema });

const streamSchema = z.strictObject({
  stream: leafSchema.shape.stream,
  events: z.array(eventSchema).min(1),
  /** How far the newest checkpoint saw it, proven against the root over all leaves. */
  newest: provenLeaf.optional(),
  /** Each time that a checkpoint found it changed, oldest first, proven against that checkpoint's changed leaves. */
  changes: z.array(provenLeaf.extend({ checkpoint: z.int().min(1) })),
});
/** One stream's events in a bundle, with the proofs of what checkpoints saw of it. */
export type BundleStream = Readonly<z.infer<typeof streamSchema>>;

/**
 * One incident's part of the log, with what proves it to somebody who has neither our database nor our word. It holds
 * nothing that is not proven: not even when it was exported.
 */
export const bundleSchema = z.strictObject({
  format: z.literal('breakglass-bundle'),
  version: z.literal(1),
  incident: incidentId,
  /** Every public key that signed one of the checkpoints, in their order: SPKI in base64. */
  keys: z.array(base64),
  /** Those that prove something here, oldest first. The last one is the newest of all at the time of the export. */
  checkpoints: z.array(checkpointSchema),
  /** The incident's own first, then each request that it names. */
  streams: z.array(streamSchema),
});
export type Bundle = Readonly<z.infer<typeof bundleSchema>>;
/** What a bundle is before it is written. */
export type BundleFile = z.input<typeof bundleSchema>;

/** What a file holds: the RFC 8785 form, so that there is one way only to write a bundle, and one way to read it. */
export const bundleText = (bundle: BundleFile): string => canonical(bundle);

/** A bundle, or what is wrong with the file and where, as a clause. */
export type BundleRead =
  | { readonly ok: true; readonly bundle: Bundle }
  /** `names`: it says of itself that it is a bundle, so what is wrong with it was done to one. */
  | { readonly ok: false; readonly names: boolean; readonly why: string };

const NAME = '"breakglass-bundle"';

/** Reads a file that should hold a bundle, byte for byte as `bundleText` wrote it; anything else is refused by name. */
export function readBundle(bytes: Uint8Array): BundleRead {
  const names = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(NAME);
  const read = canonicalJson(bytes);
  if (!read.ok) return { ok: false, names, why: read.why };
  const parsed = bundleSchema.safeParse(read.value);
  if (parsed.success) return { ok: true, bundle: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, names, why: `at "${issue?.path.join('.')}", ${issue?.message}` };
}
