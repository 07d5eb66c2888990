import { MSTEAMS } from './chat/msteams/definition.ts';
import { SLACK } from './chat/slack/definition.ts';
import { openSlack } from './chat/slack/open.ts';
import { AWS } from './clouds/aws/policy/definition.ts';
import { awsProvider } from './clouds/aws/role/provider.ts';
import { isSlackNamed, slackSettings } from './config.ts';
import type { CloudDefinition, Clouds } from './core/policy/cloud.ts';
import type { Definitions } from './core/policy/definitions.ts';
import type { Cloud } from './core/policy/directory.ts';
import type { Egress } from './egress/open-egress.ts';
import type { ChatAdapter } from './open-chats.ts';
import type { Clock } from './ports/clock.ts';
import type { Logger } from './ports/logger.ts';
import type { OpenProvider } from './ports/provider.ts';

/** What a provider is opened with. */
export interface CloudContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly egress: Egress | undefined;
}

/** A cloud: its pure half, and how the other one is made. Nothing is loaded or called before it is asked something. */
export interface CloudAdapter {
  readonly definition: CloudDefinition;
  open(context: CloudContext): OpenProvider;
}

/** The outside that a process can speak to, by name. */
export interface Adapters {
  /** Every chat that a policy may name. */
  readonly chats: readonly ChatAdapter[];
  readonly clouds: Readonly<Record<Cloud, CloudAdapter>>;
}

/** All that there are, with how each is opened: those of `DEFINITIONS`, as a test holds. Whoever needs one is given it. */
export const ADAPTERS: Adapters = {
  chats: [
    {
      definition: SLACK,
      client: {
        isNamed: isSlackNamed,
        open: ({ config, egress, logger }) =>
          openSlack({ ...slackSettings(config), dispatcher: egress?.dispatcher }, logger),
      },
    },
    { definition: MSTEAMS },
  ],
  clouds: {
    aws: {
      definition: AWS,
      open: ({ clock, logger, egress }) => awsProvider({ clock, logger, agents: egress?.agents }),
    },
  },
};

/** What policies are composed of, and judged by, where these adapters are there. */
export const definitionsOf = ({ chats, clouds }: Adapters): Definitions => ({
  chats: chats.map(({ definition }) => definition),
  clouds: Object.fromEntries(
    Object.entries(clouds).map(([name, { definition }]) => [name, definition]),
  ) satisfies Clouds,
});
