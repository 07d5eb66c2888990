import type { ChatDefinition } from './chat-definition.ts';
import type { CloudSchema } from './cloud-schema.ts';
import type { Cloud } from './directory.ts';

/** What the schema of a policy is composed of besides the core's own. */
export interface PolicyParts {
  /** `stored` is for a policy that was put in force: what a chat allows was judged then, and is not asked for again. */
  readonly chats: readonly ChatDefinition[] | 'stored';
  readonly clouds: Readonly<Record<Cloud, CloudSchema>>;
}
