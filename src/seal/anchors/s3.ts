import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { anchorText, checkpointsIn } from '../../core/audit/anchor-text.ts';
import type { FullCheckpoint } from '../../core/audit/checkpoint.ts';
import { type Anchor, AnchorDiffers } from '../anchor.ts';
import type { Memory } from '../seal-once.ts';

export interface S3AnchorSettings {
  readonly bucket: string;
  /** Before every key, for several installations in one bucket. */
  readonly prefix: string;
  /** Each object is kept for this long; the bucket's own default must not be shorter. */
  readonly retentionDays: number;
  /** The sealer's clock when it puts: from when the days count. */
  readonly now: () => Promise<Date>;
  /** What carries the calls, where a proxy is set; looking up credentials goes by it too. */
  readonly agents?: (() => Agents) | undefined;
}

interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

const DAY_MS = 24 * 60 * 60_000;
const DAYS_A_YEAR = 365;
const CALL_MS = 20_000;
/** What is asked before each signature may not hold it up for long. */
const ASK_MS = 8_000;
/** Zeros in front, so that a listing is in order. */
const DIGITS = 10;

/**
 * A bucket with Object Lock in compliance mode: what was put cannot be changed or deleted before its time, by anybody.
 * Keys are written once (`If-None-Match: *`).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function s3Anchor({ bucket, prefix, retentionDays, now, agents }: S3AnchorSettings): Anchor {
  const limits = { connectionTimeout: 5_000, requestTimeout: CALL_MS, throwOnRequestTimeout: true };
  const client = new S3Client({
    maxAttempts: 2,
    requestHandler: { ...limits, ...agents?.() },
    ...(agents && { credentials: defaultProvider({ clientConfig: { requestHandler: agents() } }) }),
  });
  const keyOf = (number: number): string => `${prefix}checkpoint-${String(number).padStart(DIGITS, '0')}.json`;

  const put = async (checkpoint: FullCheckpoint, abortSignal: AbortSignal): Promise<void> => {
    const Key = keyOf(checkpoint.header.number);
    const until = new Date((await now()).getTime() + retentionDays * DAY_MS);
    const body = anchorText(checkpoint);
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key,
      Body: body,
      ContentType: 'application/json',
      IfNoneMatch: '*',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
      ChecksumAlgorithm: 'SHA256',
    });
    try {
      await client.send(command, { abortSignal });
    } catch (error) {
      if (statusOf(error) !== 412) throw error;
      await compare(Key, body, abortSignal);
    }
    await locked(Key, abortSignal);
  };

  /** It is there already: from us, with the answer lost, or from somebody else. */
  const compare = async (Key: string, body: string, abortSignal: AbortSignal): Promise<void> => {
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key }), { abortSignal });
    if ((await found.Body?.transformToString()) === body) return;
    throw new AnchorDiffers(`s3://${bucket}/${Key} holds something else`);
  };

  /** Said only when it was read back. */
  const locked = async (Key: string, abortSignal: AbortSignal): Promise<void> => {
    const { ObjectLockMode, ObjectLockRetainUntilDate } = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key }),
      { abortSignal },
    );
    if (ObjectLockMode === 'COMPLIANCE' && (ObjectLockRetainUntilDate ?? 0) > (await now())) return;
    throw new Error(`s3://${bucket}/${Key} is not locked: may the sealer read retention (s3:GetObjectRetention)?`);
  };

  const at = async (number: number): Promise<Memory | undefined> => {
    const Key = keyOf(number);
    const found = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key }), { abortSignal: AbortSignal.timeout(ASK_MS) })
      .catch((error: unknown) => {
        // Where the bucket is not there, nobody knows what it held.
        if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return undefined;
        // S3 tells only whoever may list that a key is not there: to others it says 403.
        if (statusOf(error) !== 403) throw error;
        throw new Error(`s3://${bucket}/${Key} cannot be asked for: give the sealer s3:GetObject and s3:ListBucket`);
      });
    if (found === undefined) return undefined;
    const [kept] = checkpointsIn((await found.Body?.transformToString()) ?? '').checkpoints;
    return { place: `s3://${bucket}/${Key}`, number, hash: kept?.hash ?? '' };
  };

  const check = async (): Promise<string | undefined> => {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    if (Status !== 'Enabled') return `bucket ${bucket} keeps no versions: turn versioning on`;
    const lock = await client
      .send(new GetObjectLockConfigurationCommand({ Bucket: bucket }))
      .catch((error: unknown) => {
        if (statusOf(error) === 404) return undefined;
        throw error;
      });
    const { ObjectLockEnabled, Rule } = lock?.ObjectLockConfiguration ?? {};
    if (ObjectLockEnabled !== 'Enabled') return `bucket ${bucket} has no Object Lock: make one that has`;
    const { Mode, Days, Years } = Rule?.DefaultRetention ?? {};
    if (Mode !== 'COMPLIANCE') {
      return `bucket ${bucket} does not lock by default in compliance mode: in governance mode some may delete`;
    }
    const days = Days ?? (Years ?? 0) * DAYS_A_YEAR;
    return days >= retentionDays
      ? undefined
      : `bucket ${bucket} keeps objects for ${days} days by default, SEAL_RETENTION_DAYS says ${retentionDays}`;
  };

  return { name: `s3://${bucket}/${prefix}`, check, put, at };
}

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
