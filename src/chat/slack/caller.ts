import type { BlockAction, RespondFn, ViewSubmitAction } from '@slack/bolt';
import type { Caller } from '../dialog/caller.ts';
import type { AppDeps } from './app-deps.ts';
import { directWith } from './chat.ts';
import { type Said, sayMessage } from './render.ts';
import { endingKeys, type Home, homesOf, type Sender } from './workspace.ts';

/** How to answer somebody alone. */
export interface Reader {
  /** Says something to this person only. Never rejects: what cannot be said is logged. */
  readonly notify: (said: Said) => Promise<void>;
}

/** What a verified payload says of the person, and where an answer may go. */
export interface Origin extends Sender {
  readonly respond?: RespondFn | undefined;
  readonly channel?: string | undefined;
}

/** Where a click or a form says that it comes from. An organisation's payload names no workspace, but the organisation. */
export const originOf = (
  { user, team, enterprise }: Pick<BlockAction | ViewSubmitAction, 'user' | 'team' | 'enterprise'>,
  respond?: RespondFn,
): Origin => ({ user: user.id, team: user.team_id, place: (team ?? enterprise)?.id ?? 'nowhere', respond });

/** Whoever a payload comes from, for the dialogs. Their ending keys take no question to Slack once we know who we are. */
export const callerOf = (deps: Pick<AppDeps, 'workspace'>, origin: Origin): Caller => ({
  chat: 'slack',
  key: () => deps.workspace.keyOf(origin),
  keysToEnd: async () => endingKeys(await knownHome(deps), origin),
  place: origin.channel === undefined ? undefined : { chat: 'slack', place: origin.channel },
});

/** By what Slack said of us at this start or an earlier one; asked where it never did. */
const knownHome = async ({ workspace }: Pick<AppDeps, 'workspace'>): Promise<Home> =>
  workspace.known() ?? workspace.home();

/** The ids of this organisation, in the same way. */
export const homesFor = async (deps: Pick<AppDeps, 'workspace'>): Promise<readonly string[]> =>
  homesOf(await knownHome(deps));

/** How to answer whoever a payload comes from; known without asking anybody. */
export const readerOf = (deps: AppDeps, origin: Origin): Reader => ({ notify: (said) => notify(deps, origin, said) });

/** Privately where they are, else as a direct message. */
async function notify(deps: AppDeps, { user, respond, channel }: Origin, said: Said): Promise<void> {
  const message = sayMessage(said.text, said.button);
  try {
    if (respond) {
      await respond({ ...message, response_type: 'ephemeral', replace_original: false });
      return;
    }
    if (channel?.match(/^[CG]/)) {
      await deps.workspace.client.chat.postEphemeral({ channel, user, ...message });
      return;
    }
  } catch (error) {
    deps.logger.warn({ why: String(error) }, 'a private answer did not arrive; trying a direct message');
  }
  try {
    const direct = await directWith(deps.workspace, deps.logger, user);
    if (direct) await deps.workspace.client.chat.postMessage({ channel: direct.place, ...message });
  } catch (error) {
    deps.logger.error({ why: String(error) }, 'somebody could not be told what happened');
  }
}
