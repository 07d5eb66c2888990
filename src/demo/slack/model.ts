import type { Fields } from './json.ts';

/** A person of the local workspace, or a bot, a guest, a stranger from another organisation. */
export interface LocalPerson {
  /** As Slack writes them: `U…` or `W…`, capitals and digits. */
  readonly id: string;
  /** The handle, without `@`. */
  readonly name: string;
  readonly realName: string;
  /** What the person does; shown on the page. */
  readonly title?: string;
  /** A label for the page only. Slack knows no teams of people. */
  readonly team?: string;
  readonly email?: string;
  /** IANA zone; dates on the page are shown in it. Default UTC. */
  readonly tz?: string;
  readonly guest?: 'multi_channel' | 'single_channel';
  readonly bot?: boolean;
  readonly deleted?: boolean;
  /** Another workspace of our own Enterprise organisation that the person is of; the workspace must be of one. */
  readonly workspace?: string;
  /** Set for a person of another organisation who is here through Slack Connect. */
  readonly stranger?: { readonly teamId: string; readonly enterpriseId?: string };
}

/** A conversation. Direct messages are made when somebody opens one. */
export interface LocalChannel {
  readonly id: string;
  /** Without `#`. */
  readonly name: string;
  /** User ids. The app's bot user is a member only when named here. */
  readonly members: readonly string[];
  readonly private?: boolean;
  readonly archived?: boolean;
  readonly topic?: string;
}

/** The workspace itself. */
export interface LocalTeam {
  readonly id: string;
  readonly name: string;
  readonly domain?: string;
  readonly enterprise?: { readonly id: string; readonly name: string };
}

/** The app as installed here: what its manifest and its settings pages would say. */
export interface LocalApp {
  readonly id: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly name: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly scopes: readonly string[];
  readonly commands: readonly string[];
  /** Subscribed bot events. */
  readonly events: readonly string[];
  readonly slashCommandUrl?: string;
  readonly interactivityUrl?: string;
  readonly eventsUrl?: string;
}

export interface MessageMetadata {
  readonly event_type: string;
  readonly event_payload: Fields;
}

/** A message at rest. `ts` is its id within the channel. */
export interface StoredMessage {
  readonly ts: string;
  readonly channel: string;
  readonly author: string;
  readonly text: string;
  readonly blocks?: readonly Fields[];
  readonly metadata?: MessageMetadata;
  readonly threadTs?: string;
  /** A thread reply that is shown in the channel too. */
  readonly broadcast?: boolean;
  readonly editedTs?: string;
  /** Set for an ephemeral message: the one person who sees it. */
  readonly onlyFor?: string;
}

/** What a person has typed or chosen: block id, then action id, then Slack's value object. */
export type ViewState = Readonly<Record<string, Readonly<Record<string, Fields>>>>;

/** An open modal. */
export interface OpenView {
  readonly id: string;
  readonly owner: string;
  readonly hash: string;
  readonly rootId: string;
  readonly previousId: string | null;
  readonly definition: Fields;
  readonly blocks: readonly Fields[];
  readonly state: ViewState;
  /** Errors the app put on fields at the last submission, by block id. */
  readonly errors: Readonly<Record<string, string>>;
}
