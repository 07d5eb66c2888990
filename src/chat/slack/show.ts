import type { RequestView } from '../../broker/view.ts';
import type { Plan } from '../../core/request.ts';
import type { Row } from '../../core/work.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Usage } from '../../ports/provider.ts';
import type { Store } from '../../ports/store.ts';
import type { SendDeps } from './send.ts';
import { CALL_MS } from './web.ts';
import { homesOf, type SlackWorkspace } from './workspace.ts';

/** Everything that showing needs of the house. */
export interface ShowDeps {
  readonly workspace: SlackWorkspace;
  readonly store: Pick<Store, 'chat' | 'clock' | 'find' | 'events' | 'policyInForce'>;
  readonly view: (row: Row) => Promise<RequestView>;
  readonly usage: (plan: Plan) => Usage;
  readonly logger: Logger;
  /** How long another process may take to send one message before the chat is read for it. Default: a call's limit and two seconds. */
  readonly unknownAfterMs?: number | undefined;
}

export const sendDeps = ({ workspace, store, logger, unknownAfterMs = CALL_MS + 2000 }: ShowDeps): SendDeps => ({
  client: workspace.client,
  home: workspace.home,
  clock: store.clock,
  memory: store.chat,
  logger,
  unknownAfterMs,
});

/** The ids of this organisation: whose people are mentioned. */
export const homes = async ({ workspace }: ShowDeps): Promise<readonly string[]> => homesOf(await workspace.home());

/** The channel that requests without one of their own go to. Undefined when no policy says. */
export async function defaultChannel({ store }: ShowDeps): Promise<string | undefined> {
  return (await store.policyInForce())?.policy.channels.default;
}

/** Where a card stands that those two would not take. Undefined when no policy says. */
export async function securityChannel({ store }: ShowDeps): Promise<string | undefined> {
  return (await store.policyInForce())?.policy.channels.security;
}
