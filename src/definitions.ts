import { MSTEAMS } from './chat/msteams/definition.ts';
import { SLACK } from './chat/slack/definition.ts';
import { AWS } from './clouds/aws/policy/definition.ts';
import type { Definitions } from './core/policy/definitions.ts';

/**
 * Every chat and cloud that a policy may name: the pure half of each, so that reading and judging a policy loads no client of
 * anything. How each is opened stands in `adapters.ts`.
 */
export const DEFINITIONS: Definitions = { chats: [SLACK, MSTEAMS], clouds: { aws: AWS } };
