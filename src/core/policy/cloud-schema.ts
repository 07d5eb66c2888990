import type { z } from 'zod';
import type { Cloud, Principal } from './directory.ts';

/** `exact`: the cloud refuses from the planned end on. `scheduled`: it takes away around then, which proves nothing. */
export type NativeEnd = 'exact' | 'scheduled';

/**
 * What a cloud adds to the schema of the policy: members beside the common ones of its accounts and roles, and how a
 * person is named to it. The policy is composed of these; nobody but the cloud itself reads what they let in.
 */
export interface CloudSchema {
  /** As `provider` of an account and a role says it, and the key in `people[].clouds`. */
  readonly name: Cloud;
  /** Names an account: `accounts[].id` and `roles[].account`. */
  readonly accountId: z.ZodType<string>;
  /** Members of an account, beside id, name and provider. */
  readonly account: z.ZodRawShape;
  /** Members of a role, beside those that every role has. */
  readonly role: z.ZodRawShape;
  /** One human's identity there, and never one that several share (A2). */
  readonly principal: z.ZodType<Principal>;
  /** The least that its own timings may be set to, in seconds. */
  readonly floors: {
    /** Until what was taken away has reached every session: `timings.propagationSeconds`. */
    readonly propagationSeconds: number;
  };
}
