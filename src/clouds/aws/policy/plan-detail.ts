import { z } from 'zod';
import { Failure } from '../../../core/failure.ts';
import type { Plan } from '../../../core/request/request.ts';

/** A managed policy that is attached by ARN, and the digest of the content that was approved. */
export interface Pinned {
  readonly arn: string;
  readonly sha256: string;
}

const named = z.object({ name: z.string(), document: z.string() });

// Unknown members are let through: a plan that a newer version wrote must be endable after a rollback (D2).
const detailSchema = z.object({
  account: z.string(),
  partition: z.string(),
  brokerRole: z.string(),
  externalId: z.string(),
  roleName: z.string(),
  path: z.string(),
  roleArn: z.string(),
  boundary: z.string(),
  description: z.string(),
  tags: z.array(z.object({ Key: z.string(), Value: z.string() })),
  trust: z.string(),
  /** Inline policies in the order they are written: the expiry Deny first. */
  inline: z.array(named).min(1),
  /** Managed policies by ARN, attached after the expiry Deny. */
  attached: z.array(z.string()),
  /** What ending writes. */
  revoked: z.string(),
  closedTrust: z.string(),
  /** The end on the cloud's clock, as written there. */
  cloudEnd: z.iso.datetime(),
  session: z.object({
    name: z.string(),
    /** The only source identity that the trust lets a session carry. */
    sourceIdentity: z.string(),
    /** Whether the trust demands it. */
    sourceRequired: z.boolean(),
    /** How the person signs in (a principal's kind), and for an Identity Center user through which permission set. */
    kind: z.string(),
    permissionSet: z.string().optional(),
  }),
});

/** The AWS part of a plan: every name and document, so that an ending needs no configuration. */
export type Detail = z.infer<typeof detailSchema>;

/** The managed policies of a plan, with what was approved of each. One whose digest is missing is like no other. */
export const pinnedOf = ({ hashes }: Pick<Plan, 'hashes'>, { attached }: Detail): readonly Pinned[] =>
  attached.map((arn) => ({ arn, sha256: hashes[arn] ?? '' }));

/** Reads a stored plan. Throws `PROVIDER_REFUSED` on one that this version cannot read. */
export function detailOf(plan: Plan): Detail {
  const read = detailSchema.safeParse(plan.detail);
  if (read.success) return read.data;
  const where = read.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new Failure('PROVIDER_REFUSED', `the stored plan of ${plan.name} cannot be read: ${where}`);
}
