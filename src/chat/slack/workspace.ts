import type { WebClient } from '@slack/web-api';
import { Failure } from '../../core/failure.ts';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { ChatAccount } from '../../core/request/facts.ts';
import type { Logger } from '../../ports/logger.ts';
import { userOf } from './text.ts';
import { chatFailure, refusalOf, type SlackSettings, webClient } from './web.ts';

/** The organisation the app is installed in, and our own bot there. */
export interface Home {
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
  readonly botUserId: string;
  readonly botId: string;
}

/** The ids under which people of this organisation may stand in the directory. */
export const homesOf = ({ teamId, enterpriseId }: Pick<Home, 'teamId' | 'enterpriseId'>): readonly string[] =>
  enterpriseId === undefined ? [teamId] : [enterpriseId, teamId];

/** Where a verified payload says that somebody comes from. Undefined is what it does not say. */
export interface Sender {
  readonly user: string;
  /** The person's own workspace or organisation; of a command, the workspace in which it was typed. */
  readonly team: string | undefined;
  /** The workspace in which the click was made, where it is named beside the person's own. */
  readonly place?: string | undefined;
}

/** The key of somebody of this organisation: the enterprise's id where it has one, else the workspace's. */
export const ownKey = (home: Pick<Home, 'teamId' | 'enterpriseId'>, user: string): ChatKey =>
  `slack:${home.enterpriseId ?? home.teamId}:${user}`;

/** The first id in a payload that is not ours; undefined for somebody of this organisation. An absent one is not ours. */
function foreign(home: Home, { team, place }: Sender): string | undefined {
  const homes = homesOf(home);
  return [team ?? 'nowhere', ...(place === undefined ? [] : [place])].find((one) => !homes.includes(one));
}

/**
 * The keys by which somebody may end something, likeliest first. No call is made and no field is needed: one whose
 * workspace is not said is taken for one of us, and in an Enterprise organisation, where people's ids are the same in
 * every workspace, so is one of another workspace, should the id that it names know nobody.
 */
export function endingKeys(
  home: Home,
  { user, team }: Pick<Sender, 'user' | 'team'>,
): readonly [ChatKey, ...ChatKey[]] {
  const own = ownKey(home, user);
  if (team === undefined || foreign(home, { user, team }) === undefined) return [own];
  const elsewhere: ChatKey = `slack:${team}:${user}`;
  return home.enterpriseId === undefined ? [elsewhere] : [elsewhere, own];
}

/** One Slack workspace and what may be asked of it. */
export interface SlackWorkspace {
  readonly settings: SlackSettings;
  readonly client: WebClient;
  /** Asked once and kept from then on. Rejects with `Failure` when Slack is away. */
  home(): Promise<Home>;
  /** Asks again, whatever was answered before: is the app still one that Slack takes calls from? Rejects as `home`. */
  ask(): Promise<void>;
  /** What Slack said in this process, else what it said at an earlier start; enough for endings. */
  known(): Home | undefined;
  /** Did Slack say in this process who we are? Until then nothing is opened. */
  isConfirmed(): boolean;
  /** What Slack said at an earlier start. */
  recall(home: Home): void;
  /**
   * The chat key of somebody in a verified payload. A person of another workspace is asked of Slack: a full member of our
   * own Enterprise organisation is one of us; anybody else keeps the key of where they come from, which opens nothing.
   * Rejects with `Failure` when Slack does not say.
   * https://docs.slack.dev/apis/slack-connect/using-slack-connect-with-apps
   */
  keyOf(sender: Sender): Promise<ChatKey>;
  /** What Slack says of this account now. Rejects with `Failure` when it does not say. */
  account(key: ChatKey): Promise<ChatAccount>;
}

/** `now` is the monotonic clock by which rate limits are kept. */
export function slackWorkspace(settings: SlackSettings, logger: Logger, now = monotonic): SlackWorkspace {
  const client = webClient(settings, logger, now);
  let asked: Promise<Home> | undefined;
  let confirmed: Home | undefined;
  let recalled: Home | undefined;
  const home = (): Promise<Home> => {
    asked ??= askHome(client).then(
      (found) => {
        confirmed = found;
        return found;
      },
      (error: unknown) => {
        asked = undefined;
        throw error;
      },
    );
    return asked;
  };
  return {
    settings,
    client,
    home,
    ask: async () => {
      await askHome(client);
    },
    known: () => confirmed ?? recalled,
    isConfirmed: () => confirmed !== undefined,
    recall: (last) => {
      recalled = last;
    },
    keyOf: async (sender) => askKey(client, confirmed ?? recalled ?? (await home()), sender),
    account: async (key) => askAccount(client, await home(), key),
  };
}

const monotonic = (): number => performance.now();

async function askHome(client: WebClient): Promise<Home> {
  const answer = await client.auth.test().catch((error: unknown) => {
    throw chatFailure('asking Slack who we are', error);
  });
  const { is_enterprise_install: wide, team_id: teamId, user_id: botUserId, bot_id: botId } = answer;
  if (wide || !teamId || !botUserId || !botId) {
    const what = 'the app must be installed in one workspace, not in a whole Enterprise organisation';
    throw new Failure('CHAT_UNAVAILABLE', what, { detail: { refused: 'org_install' } });
  }
  return { teamId, enterpriseId: answer.enterprise_id || undefined, botUserId, botId };
}

async function askKey(client: WebClient, home: Home, sender: Sender): Promise<ChatKey> {
  const own = ownKey(home, sender.user);
  const other = foreign(home, sender);
  if (other === undefined) return own;
  const colleague = home.enterpriseId !== undefined && (await askAccount(client, home, own)) === 'member';
  return colleague ? own : `slack:${other}:${sender.user}`;
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
