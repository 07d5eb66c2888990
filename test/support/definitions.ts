import { type CloudDefinition, cloudWordsOf } from '../../src/core/policy/cloud.ts';
import type { Definitions } from '../../src/core/policy/definitions.ts';
import { DEFINITIONS } from '../../src/definitions.ts';

/** All that there are, with something of AWS's own in another way. */
export const withAws = (change: Partial<CloudDefinition>): Definitions => {
  const { aws } = DEFINITIONS.clouds;
  if (aws === undefined) throw new Error('AWS is not known');
  return { ...DEFINITIONS, clouds: { ...DEFINITIONS.clouds, aws: { ...aws, ...change } } };
};

/** Nobody looks into the documents of roles. */
export const UNREAD_DOCUMENTS = withAws({ lintRole: () => [] });

/** What AWS calls its things. */
export const AWS_WORDS = cloudWordsOf(DEFINITIONS.clouds, 'aws');
