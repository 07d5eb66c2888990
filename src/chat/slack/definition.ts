import { z } from 'zod';
import type { ChatDefinition } from '../../core/policy/chat-definition.ts';

/** Slack, as a policy names its people and channels. https://docs.slack.dev/reference/objects/user-object */
export const SLACK: ChatDefinition = {
  name: 'slack',
  title: 'Slack',
  identity: z.strictObject({
    /** The person's home workspace (`T…`), or the organisation on Enterprise Grid (`E…`). */
    workspace: z.string().regex(/^[TE][A-Z0-9]+$/, 'must be the id of a workspace (T…) or of an organisation (E…)'),
    user: z.string().regex(/^[UW][A-Z0-9]+$/, 'must be a member id such as U0123ABCD, not a name'),
  }),
  channel: { pattern: /^[CG][A-Z0-9]+$/, words: 'must be a channel id such as C0123ABCD, not its name' },
  hasAdapter: true,
};
