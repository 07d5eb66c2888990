import { z } from 'zod';
import type { Json } from './canonical.ts';
import { checkpointSchema, leafSchema } from './checkpoint.ts';
import type { StoredEvent } from './events.ts';
import { incidentSchema } from './policy.ts';

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
export type BundleStream = Readonly<z.infer<typeof streamSchema>>;

/** One incident's part of the log, with what proves it to somebody who has neither our database nor our word. */
export const bundleSchema = z.strictObject({
  format: z.literal('breakglass-bundle'),
  version: z.literal(1),
  incident: incidentSchema.shape.id,
  exportedAt: z.iso.datetime({ precision: 3 }),
  /** Every public key that signed one of the checkpoints: SPKI in base64. */
  keys: z.array(z.string()),
  /** Those that prove something here, oldest first. The last one is the newest of all at the time of the export. */
  checkpoints: z.array(checkpointSchema),
  /** The incident's own first, then each request that it names. */
  streams: z.array(streamSchema),
});
export type Bundle = Readonly<z.infer<typeof bundleSchema>>;
/** As it is written to a file. */
export type BundleFile = z.input<typeof bundleSchema>;
