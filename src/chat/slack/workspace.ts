import type { WebClient } from '@slack/web-api';
import type { ChatKey } from '../../core/directory.ts';
import type { ChatAccount } from '../../core/facts.ts';
import { Failure } from '../../core/failure.ts';
import type { Logger } from '../../ports/logger.ts';
import { userOf } from './text.ts';
import { chatFailure, refusalOf, type SlackSettings, webClient } from './web.ts';

/** The organisation the app is installed in. */
export interface Home {
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
}

/** The ids under which people of this organisation may stand in the directory. */
export const homesOf = ({ teamId, enterpriseId }: Home): readonly string[] =>
  enterpriseId === undefined ? [teamId] : [enterpriseId, teamId];

/**
 * The chat key of somebody in a verified payload: the enterprise's id, else the team's, of the organisation they come
 * from. `teamId` is the person's own team, which for people of another organisation (Slack Connect) is not ours.
 * A payload does not say which enterprise a foreign team belongs to: somebody of another workspace of our own Enterprise
 * organisation is taken for a stranger, who opens nothing, and ends only what the directory links to that other id.
 * https://docs.slack.dev/apis/slack-connect/using-slack-connect-with-apps
 */
export function chatKey(home: Home, teamId: string | undefined, userId: string): ChatKey {
  const own = teamId === undefined || teamId === home.teamId || teamId === home.enterpriseId;
  return `slack:${own ? (home.enterpriseId ?? home.teamId) : teamId}:${userId}`;
}

/** One Slack workspace and what may be asked of it. */
export interface SlackWorkspace {
  readonly settings: SlackSettings;
  readonly client: WebClient;
  /** Asked once; kept from then on, so that taking away needs no call. Rejects with `Failure` when Slack is away. */
  home(): Promise<Home>;
  /** What Slack says of this account now. Rejects with `Failure` when it does not say. */
  account(key: ChatKey): Promise<ChatAccount>;
}

/** `now` is the monotonic clock by which rate limits are kept. */
export function slackWorkspace(settings: SlackSettings, logger: Logger, now = monotonic): SlackWorkspace {
  const client = webClient(settings, logger, now);
  let known: Promise<Home> | undefined;
  const home = (): Promise<Home> => {
    known ??= askHome(client).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return { settings, client, home, account: async (key) => askAccount(client, await home(), key) };
}

const monotonic = (): number => performance.now();

async function askHome(client: WebClient): Promise<Home> {
  const answer = await client.auth.test().catch((error: unknown) => {
    throw chatFailure('asking Slack who we are', error);
  });
  if (answer.is_enterprise_install || answer.team_id === undefined) {
    const what = 'the app must be installed in one workspace, not in a whole Enterprise organisation';
    throw new Failure('CHAT_UNAVAILABLE', what);
  }
  return { teamId: answer.team_id, enterpriseId: answer.enterprise_id };
}

/** Codes of users.info that mean: there is no such person for us. https://docs.slack.dev/reference/methods/users.info */
const NOBODY: ReadonlySet<string> = new Set(['user_not_found', 'user_not_visible']);

async function askAccount(client: WebClient, home: Home, key: ChatKey): Promise<ChatAccount> {
  if (!homesOf(home).includes(key.split(':')[1] ?? '')) return 'stranger';
  try {
    const { user } = await client.users.info({ user: userOf(key) });
    if (user === undefined) throw new Failure('CHAT_UNAVAILABLE', 'users.info gave no user');
    return judged(user, home);
  } catch (error) {
    if (NOBODY.has(refusalOf(error) ?? '')) return 'stranger';
    throw chatFailure('looking up an account', error);
  }
}

interface SlackUser {
  readonly team_id?: string;
  readonly deleted?: boolean;
  readonly is_bot?: boolean;
  readonly is_workflow_bot?: boolean;
  readonly is_app_user?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
  readonly enterprise_user?: { readonly enterprise_id?: string };
}

/** The strictest thing that is true of them. https://docs.slack.dev/reference/objects/user-object */
function judged(user: SlackUser, home: Home): ChatAccount {
  if (user.deleted) return 'deleted';
  if (user.is_bot || user.is_workflow_bot || user.is_app_user) return 'bot';
  const enterprise = user.enterprise_user?.enterprise_id;
  const ours = home.enterpriseId === undefined ? user.team_id === home.teamId : enterprise === home.enterpriseId;
  if (user.is_stranger || !ours) return 'stranger';
  return user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member';
}
