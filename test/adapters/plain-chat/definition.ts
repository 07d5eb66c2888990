import { z } from 'zod';
import type { ChatDefinition } from '../../../src/core/policy/chat-definition.ts';

/** What the plain chat calls itself: rooms of bare text in a house, in which people answer each other in lines. */
export const PLAIN = 'plain';

/** The plain chat, as a policy names its people and rooms. */
export const PLAIN_DEFINITION: ChatDefinition = {
  name: PLAIN,
  title: 'Plain',
  identity: z.strictObject({
    house: z.string().regex(/^H[A-Z0-9]+$/, 'must be the id of a house, such as H0HOME'),
    user: z.string().regex(/^m-[a-z0-9]+$/, "must be a member's id, such as m-riley"),
  }),
  channel: { pattern: /^room-[a-z0-9-]+$/, words: 'must be the id of a room, such as room-hall' },
  hasAdapter: true,
};
