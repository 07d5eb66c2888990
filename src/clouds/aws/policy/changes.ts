import type { z } from 'zod';
import type { ChangeWords } from '../../../core/policy/cloud.ts';
import { arrow, moved, other, type Words } from '../../../core/policy/policy-diff-words.ts';
import type { accountMembers, roleMembers } from './schema.ts';

type OwnAccount = z.infer<z.ZodObject<typeof accountMembers>>;
type OwnRole = z.infer<z.ZodObject<typeof roleMembers>>;

const ACCOUNT: Words<OwnAccount> = {
  brokerRole: moved('the broker’s role'),
  externalId: other('the external id'),
  boundaries: other('the boundaries of its zones'),
  sessionTagKeys: arrow('session tags it allows:'),
};

const ROLE: Words<OwnRole> = {
  policies: other('what it allows'),
  startsCodeAs: arrow('whom it can start code as:'),
  identityTargets: arrow('whose permissions it may change:'),
};

/** What changes of AWS's own members are called: one that is added to a schema does not compile until it has words. */
export const CHANGE_WORDS = { account: ACCOUNT as ChangeWords, role: ROLE as ChangeWords };
