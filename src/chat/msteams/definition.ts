import { z } from 'zod';
import type { ChatDefinition } from '../../core/policy/chat-definition.ts';

const uuid = (what: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, `must be ${what}: a UUID in lower-case, as Entra shows it`);

/**
 * Microsoft Teams, as a policy names its people and channels. A person is a tenant and an Entra object id: the `29:…` id
 * that a bot sees is another one for each bot. There is no adapter for it yet.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/resources/bot-v3/bots-context
 */
export const MSTEAMS: ChatDefinition = {
  name: 'msteams',
  title: 'Microsoft Teams',
  identity: z.strictObject({
    tenant: uuid('the id of a tenant'),
    user: uuid("a user's object id"),
  }),
  channel: {
    pattern: /^19:[A-Za-z0-9_-]+@thread\.tacv2$/,
    words: 'must be a channel id such as 19:abc123@thread.tacv2, as the "Get link to channel" address holds it',
  },
  hasAdapter: false,
};
