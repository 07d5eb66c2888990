import type { CloudWords } from '../../core/policy/cloud.ts';
import { type Cloud, chatOf } from '../../core/policy/directory.ts';
import type { AccessRequest, Party, Plan } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { Place } from '../../ports/chat.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Usage } from '../../ports/provider.ts';
import type { ViewOf } from '../../ports/request-view.ts';
import type { Store } from '../../ports/store.ts';
import type { RequestChat } from '../words/content.ts';
import type { TimelineContext } from '../words/timeline-entry.ts';
import type { SendDeps } from './send.ts';

/** What is needed to show anything in one chat. */
export interface ChatDeps {
  readonly chat: RequestChat;
  readonly store: Pick<Store, 'chat' | 'clock' | 'find' | 'events' | 'policyInForce'>;
  readonly usage: (plan: Plan) => Usage;
  /** What a cloud calls its things. */
  readonly words: (cloud: Cloud) => CloudWords;
  readonly logger: Logger;
  /** How long another process may take to send one message before the chat is read for it. Default: a call's limit and two seconds. */
  readonly unknownAfterMs?: number | undefined;
}

/** The same, with how a row is viewed: what drawing a card needs. */
export interface ShowDeps extends ChatDeps {
  readonly view: ViewOf;
}

export const sendDeps = ({ chat, store, logger, unknownAfterMs = chat.callMs + 2000 }: ChatDeps): SendDeps => ({
  chat,
  clock: store.clock,
  memory: store.chat,
  logger,
  unknownAfterMs,
});

/** Where this chat shows the request. Undefined where the policy that it was asked under named no channel here. */
export function homePlace({ chat }: Pick<ChatDeps, 'chat'>, { request }: Row): Place | undefined {
  const place = request.details.channels[chat.name];
  return place === undefined ? undefined : { chat: chat.name, place };
}

/** A channel of the policy in this chat: where what has no channel of its own goes, or security's. Undefined when no policy says. */
export async function policyPlace(
  { chat, store }: Pick<ChatDeps, 'chat'> & { readonly store: Pick<Store, 'policyInForce'> },
  which: 'default' | 'security',
): Promise<Place | undefined> {
  const channels = (await store.policyInForce())?.policy.channels[chat.name];
  return channels && { chat: chat.name, place: channels[which] };
}

/** Whom to phone, by the policy in force. */
export const phoneNow = async ({ store }: Pick<ChatDeps, 'store'>): Promise<string> =>
  (await store.policyInForce())?.policy.phone ?? 'the security team';

/** What a line of this request's timeline needs to know besides its event. */
export const contextOf = (
  { words }: Pick<ChatDeps, 'words'>,
  request: AccessRequest,
  phone: string,
): TimelineContext => ({ request, phone, cloud: words(request.details.terms.role.provider) });

/** Does somebody have an account in this chat? Whoever has none is owed nothing there, and it is nobody's trouble. */
export const isOf = ({ chat }: Pick<ChatDeps, 'chat'>, { keys }: Pick<Party, 'keys'>): boolean =>
  keys.some((key) => chatOf(key) === chat.name);

/** Are these one place? */
export const isSamePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  a !== undefined && b !== undefined && a.chat === b.chat && a.place === b.place;
