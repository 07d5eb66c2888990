import type { RequestListener } from 'node:http';
import type { Broker } from './broker/broker.ts';
import type { Delivery } from './chat/deliver/delivery.ts';
import type { RequestChat } from './chat/words/content.ts';
import type { Config } from './config.ts';
import type { ChatDefinition } from './core/policy/chat-definition.ts';
import type { CloudTerms } from './core/policy/cloud.ts';
import type { Terms } from './core/policy/terms.ts';
import type { Egress } from './egress/open-egress.ts';
import type { ChatAccounts } from './ports/chat-accounts.ts';
import type { DirectorySource } from './ports/directory.ts';
import type { Logger } from './ports/logger.ts';
import type { Store } from './ports/store.ts';

/** What a chat is opened with. */
export interface ChatContext {
  readonly config: Config;
  readonly egress: Egress | undefined;
  readonly logger: Logger;
}

/** A chat: its pure half, and how the other one is opened. One without a client may be named in a policy, and hears nobody. */
export interface ChatAdapter {
  readonly definition: ChatDefinition;
  readonly client?: ChatClient;
}

/** How a chat is opened. */
export interface ChatClient {
  /** Does the environment name this chat? One that it does not name is not there. */
  readonly isNamed: (env: NodeJS.ProcessEnv) => boolean;
  /** Asks the chat nothing yet. */
  readonly open: (context: ChatContext) => OpenChat;
}

/** What hearing people needs of the rest. */
export interface HearDeps {
  readonly announce: Delivery;
  readonly broker: Broker;
  readonly store: Store;
  readonly directory: DirectorySource;
  readonly capabilities: (terms: Terms) => CloudTerms;
  readonly logger: Logger;
}

/** One chat of this process. */
export interface OpenChat {
  readonly chat: RequestChat;
  /** What the chat says of an account that it knows by this key. Rejects with `Failure` when it does not say. */
  readonly accounts: ChatAccounts;
  /** Where it is called: where openings are lowered for a demo, all of these must be on this machine. */
  readonly endpoints: readonly string[];
  /** Why the chat takes nothing from us, in words for the health page; undefined where it does. Rejects when it is silent. */
  trouble(): Promise<string | undefined>;
  /** Does this error say that the chat knows us and refuses us, as opposed to not answering? */
  refusesUs(error: unknown): boolean;
  /** What hears people there. Loads what it needs for that, connects to nothing. */
  hear(deps: HearDeps): Promise<ChatApp>;
}

/** What hears people in one chat. */
export interface ChatApp {
  /** What answers the chat's own calls to us, by path; none where we connect to it. */
  readonly routes: Readonly<Record<string, RequestListener>>;
  /** Reads what the chat said of us at an earlier start, so that endings are heard from the first request on. */
  recall(): Promise<void>;
  /** Asks the chat who we are, and connects where it has to. Rejects when it does not answer: to be called again then. */
  start(): Promise<void>;
  /** Rejects while nothing at all could be heard there, not even an ending: its message says why. */
  ready(): Promise<void>;
  /** Why the chat takes nothing from us, or brings us nothing that people do. Rejects when it does not answer. */
  trouble(): Promise<string | undefined>;
  /** Rehearses the first answers, so that the first person does not wait for them. Asks and tells nobody. */
  warmUp?(): Promise<void>;
  /** Lets go of the connection and waits for what was begun. */
  stop(): Promise<void>;
}

/** Those of these chats that the environment names. */
export const namedChats = (chats: readonly ChatAdapter[], env: NodeJS.ProcessEnv): readonly ChatClient[] =>
  chats.flatMap(({ client }) => (client?.isNamed(env) ? [client] : []));
