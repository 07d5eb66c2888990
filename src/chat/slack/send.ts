import { setTimeout as wait } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import type { ChatMemory, MessageKey, MessageRef } from '../../ports/chat-memory.ts';
import type { Logger } from '../../ports/logger.ts';
import { cut } from '../phrase.ts';
import { type Found, type Mark, messagesOfOurs, type Place } from './find.ts';
import type { Message } from './render.ts';
import { chatFailure, refusalOf } from './web.ts';

export interface Sending {
  readonly key: MessageKey;
  readonly digest: string;
  readonly version: number;
  /** No message of ours about this is older. */
  readonly since: Date;
  /** Tried in this order until one takes it; each may need a call to be known. */
  readonly places: readonly (() => Promise<Place | undefined>)[];
  readonly mark: Mark;
  /** Made only when it is really sent. */
  readonly message: (place: Place) => Message | Promise<Message>;
}

export interface SendDeps {
  readonly client: WebClient;
  readonly memory: ChatMemory;
  readonly logger: Logger;
  /** How long another sender of the same message may take before its outcome counts as unknown. */
  readonly unknownAfterMs: number;
}

/** Refusals that speak of the place, not of the message: another place may take it. */
const PLACE_TROUBLE: ReadonlySet<string> = new Set([
  'not_in_channel',
  'channel_not_found',
  'is_archived',
  'channel_type_not_supported',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
  'restricted_action_thread_locked',
  'team_access_not_granted',
  'cannot_reply_to_message',
  'thread_not_found',
  'message_not_found',
  'user_not_found',
  'user_disabled',
  'cannot_dm_bot',
  'no_permission',
  'messages_tab_disabled',
  'user_not_visible',
]);
export const isPlaceTrouble = (code: string | undefined): boolean => code !== undefined && PLACE_TROUBLE.has(code);

/** Refusals of a message as it is written: it would be refused again, however often it is tried. */
const MISWRITTEN: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'msg_blocks_too_long',
  'invalid_metadata_format',
  'metadata_too_large',
  'invalid_arguments',
]);
const isMiswritten = (code: string | undefined): boolean => code !== undefined && MISWRITTEN.has(code);
/** Longest bare words. https://docs.slack.dev/reference/methods/chat.postMessage */
const WORDS_MAX = 3000;

/**
 * Sends a message at most once, whoever tries and however often. Reserved first; a send whose outcome is unknown is
 * looked for in the chat before anything is sent again. Undefined when no place takes it, now and later: a message
 * that Slack refuses as it is written is tried as bare words first, and never holds up what comes after it.
 * Rejects with `Failure` when it should be tried again.
 */
export async function sendOnce(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  const first = await placeOf(sending.places[0]);
  const { ref, fresh } = await deps.memory.claim(sending.key, first?.channel ?? '', sending.digest);
  if (!fresh) {
    const known = ref.ts === undefined && ref.state === 'sending' ? await awaited(deps, sending.key) : ref;
    if (known?.state === 'gone') return undefined;
    if (known?.ts !== undefined) return known;
    const found = await adopt(deps, sending);
    if (found) return found;
  }
  return post(deps, sending);
}

const placeOf = async (place: (() => Promise<Place | undefined>) | undefined): Promise<Place | undefined> => place?.();

async function stored(deps: SendDeps, key: MessageKey): Promise<MessageRef | undefined> {
  const refs = await deps.memory.refs(key.requestId);
  return refs.find((one) => one.kind === key.kind && one.seq === key.seq && one.person === key.person);
}

/** Another worker may be sending it right now: gives it the time that a call can take. */
async function awaited(deps: SendDeps, key: MessageKey): Promise<MessageRef | undefined> {
  const until = performance.now() + deps.unknownAfterMs;
  // Ever more slowly: when the chat is away, every message that is tried again stands here.
  for (let pause = POLL_MS; performance.now() < until; pause *= 1.5) {
    const ref = await stored(deps, key);
    if (ref?.ts !== undefined || ref?.state === 'gone') return ref;
    await wait(Math.min(pause, until - performance.now()));
  }
  return stored(deps, key);
}
const POLL_MS = 100;

/** Finds what an unknown send left in the chat, keeps the one that is noted first and deletes the rest. */
async function adopt(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  for (const candidate of sending.places) {
    const place = await candidate();
    if (place === undefined) continue;
    const found = await messagesOfOurs(deps, place, sending.mark, sending.since);
    const [oldest] = found;
    if (oldest === undefined) continue;
    // What it shows is not known, so version 0: the next drawing brings it up to date.
    return keepOne(deps, sending.key, { ...oldest, drawnVersion: 0 }, found);
  }
  return undefined;
}

async function post(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  const refusals: string[] = [];
  for (const candidate of sending.places) {
    const place = await candidate();
    if (place === undefined) continue;
    try {
      const at = await sendTo(deps, place, sending);
      return await keepOne(deps, sending.key, { ...at, drawnVersion: sending.version, digest: sending.digest }, [at]);
    } catch (error) {
      const code = refusalOf(error);
      if (!isPlaceTrouble(code) && !isMiswritten(code)) throw chatFailure('sending a message', error);
      refusals.push(`${place.channel}: ${code}`);
    }
  }
  const why = refusals.join(', ') || 'there is nowhere to send it';
  deps.logger.error({ ...sending.key, why }, 'a message was taken nowhere and is given up');
  await deps.memory.gone(sending.key, why);
  return undefined;
}

/** The message, or its bare words when Slack refuses how it is written. */
async function sendTo(deps: SendDeps, place: Place, { key, mark, message }: Sending): Promise<Found> {
  const { text, blocks } = await message(place);
  try {
    return await call(deps, place, mark, { text, blocks });
  } catch (error) {
    const why = refusalOf(error);
    if (!isMiswritten(why)) throw error;
    deps.logger.error({ ...key, why }, 'Slack refuses how a message is written; sending its bare words');
    return call(deps, place, mark, { text: cut(text, WORDS_MAX) });
  }
}

async function call(
  deps: SendDeps,
  place: Place,
  mark: Mark,
  content: Pick<Message, 'text'> & Partial<Message>,
): Promise<Found> {
  const common = {
    channel: place.channel,
    ...content,
    metadata: { event_type: mark.type, event_payload: { ...mark.payload } },
    unfurl_links: false,
    unfurl_media: false,
  };
  const answer = await deps.client.chat.postMessage(
    place.threadTs === undefined
      ? common
      : place.broadcast
        ? { ...common, thread_ts: place.threadTs, reply_broadcast: true }
        : { ...common, thread_ts: place.threadTs },
  );
  return { channel: answer.channel ?? place.channel, ts: answer.ts ?? '' };
}

/** Notes where it stands, unless somebody noted another place first: then ours is the double, as is all else that was found. */
async function keepOne(
  deps: SendDeps,
  key: MessageKey,
  at: Parameters<ChatMemory['sent']>[1],
  found: readonly Found[],
): Promise<MessageRef | undefined> {
  await deps.memory.sent(key, at);
  const kept = await stored(deps, key);
  for (const one of found) {
    if (one.channel !== kept?.channel || one.ts !== kept.ts) await remove(deps, one);
  }
  return kept;
}

/** Deletes a double. One that is gone already is as good. */
export async function remove({ client, logger }: SendDeps, { channel, ts }: Found): Promise<void> {
  try {
    await client.chat.delete({ channel, ts });
  } catch (error) {
    if (refusalOf(error) !== 'message_not_found')
      logger.warn({ channel, ts, why: String(error) }, 'a double was not deleted');
  }
}
