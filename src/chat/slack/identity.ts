import type { OwnIdentity } from '../../ports/chat-memory.ts';
import type { AppDeps } from './app-deps.ts';
import { SLACK } from './definition.ts';
import type { Home } from './workspace.ts';

type Deps = Pick<AppDeps, 'workspace' | 'store' | 'logger'>;

/** Reads what Slack said of us at an earlier start, unless it has said so in this one. */
export async function recall({ workspace, store }: Deps): Promise<void> {
  if (workspace.known() !== undefined) return;
  const last = await store.chat.identity(SLACK.name, workspace.settings.appId);
  if (last !== undefined) workspace.recall(homeOf(last));
}

/** Asks Slack who we are, and keeps it for the next start. What it says now counts, whatever it said before. */
export async function greet({ workspace, store, logger }: Deps): Promise<void> {
  const last = workspace.known();
  const home = await workspace.home();
  const now = identityOf(home);
  if (last !== undefined && !isSame(identityOf(last), now)) {
    logger.warn(
      { last: identityOf(last), now },
      'Slack says that we are others than at the last start; the new word counts',
    );
  }
  try {
    await store.chat.keepIdentity(SLACK.name, workspace.settings.appId, now);
  } catch (error) {
    logger.warn({ why: String(error) }, 'who Slack says that we are could not be kept for the next start');
  }
}

const homeOf = ({ team = '', enterprise, botUser = '', bot = '' }: OwnIdentity): Home => ({
  teamId: team,
  enterpriseId: enterprise,
  botUserId: botUser,
  botId: bot,
});

const identityOf = ({ teamId, enterpriseId, botUserId, botId }: Home): OwnIdentity => ({
  team: teamId,
  ...(enterpriseId === undefined ? {} : { enterprise: enterpriseId }),
  botUser: botUserId,
  bot: botId,
});

const isSame = (a: OwnIdentity, b: OwnIdentity): boolean =>
  a.team === b.team && a.enterprise === b.enterprise && a.botUser === b.botUser && a.bot === b.bot;
