import type { ChatDefinition } from './chat-definition.ts';
import type { Clouds } from './cloud.ts';

/** What a process knows of the outside: all that the policy is composed of, and judged by. */
export interface Definitions {
  readonly chats: readonly ChatDefinition[];
  readonly clouds: Clouds;
}
