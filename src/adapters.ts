import { MSTEAMS } from './chat/msteams/definition.ts';
import { SLACK } from './chat/slack/definition.ts';
import type { Definitions } from './core/policy/chat-definition.ts';

/** Every chat that a policy may name. The only list: whoever needs one is handed it. */
export const CHATS = [SLACK, MSTEAMS] as const;

/** What the schema of a policy is composed of. */
export const DEFINITIONS: Definitions = { chats: CHATS };
