import { setTimeout as wait } from 'node:timers/promises';
import { cut } from '../../core/cut.ts';
import type { ChatMemory, MessageKey, MessageRef } from '../../ports/chat-memory.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';

import { isMiswritten, isPlaceTrouble } from './final-answers.ts';
import { type Found, type Mark, messagesOfOurs, type Place, type Reading } from './find.ts';
import type { Message } from './render.ts';
import { chatFailure, isUnclear, refusalOf, UnclearAnswer } from './web.ts';

export interface Sending {
  readonly key: MessageKey;
  readonly digest: string;
  readonly version: number;
  /** No message of ours about this is older. */
  readonly since: Date;
  /** Tried in this order until one takes it; each may need a call to be known. */
  readonly places: readonly (() => Promise<Place | undefined>)[];
  readonly mark: Mark;
  /** Not to be sent any more, and why: it is only looked for, and given up where it is nowhere. */
  readonly onlyFind?: string | undefined;
  /** Made only when it is really sent. */
  readonly message: (place: Place) => Message | Promise<Message>;
}

export interface SendDeps extends Reading {
  readonly clock: Clock;
  readonly memory: ChatMemory;
  readonly logger: Logger;
  /** How long another sender of the same message may take before its outcome counts as unknown. */
  readonly unknownAfterMs: number;
}

/** Longest bare words. https://docs.slack.dev/reference/methods/chat.postMessage */
const WORDS_MAX = 3000;

/** What Slack answers without anybody understanding it is tried again for so long, and then passed over. */
export const UNCLEAR_MAX_MS = 15 * 60_000;

/**
 * Sends a message at most once, whoever tries and however often. Reserved first; a send whose outcome is unknown is
 * looked for in the chat before anything is sent again. Undefined when no place takes it, now and later: a message
 * that Slack refuses as it is written is tried as bare words first, and never holds up what comes after it; nor does one
 * that Slack has answered unclearly for {@link UNCLEAR_MAX_MS}, whichever processes asked.
 * Rejects with `Failure` when it should be tried again.
 */
export async function sendOnce(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  const { key, digest } = sending;
  const first = await placeOf(sending.places[0]).catch((error: unknown) => ({ error }));
  // Reserved even where nobody could say its place: from then on it is a message that has still to be sent.
  const channel = first !== undefined && 'error' in first ? undefined : (first?.channel ?? '');
  const { ref, fresh } = await deps.memory.claim(key, channel, digest);
  if (ref.state === 'gone') return undefined;
  if (ref.ts !== undefined) return ref;
  try {
    if (first !== undefined && 'error' in first) throw first.error;
    if (!fresh) {
      const known = await awaited(deps, key);
      if (known?.state === 'gone') return undefined;
      if (known?.ts !== undefined) return known;
      const found = await adopt(deps, sending);
      if (found) return found;
    }
    if (sending.onlyFind === undefined) return await post(deps, sending);
    await deps.memory.gone(key, sending.onlyFind);
    return undefined;
  } catch (error) {
    if (!(await isPassedOver(deps, key, error))) throw error;
    return undefined;
  }
}

/** Notes an unclear answer; after too many minutes of them the message is given up, loudly. */
export async function isPassedOver(
  { memory, clock, logger }: Pick<SendDeps, 'memory' | 'clock' | 'logger'>,
  key: MessageKey,
  error: unknown,
): Promise<boolean> {
  if (!isUnclear(error)) return false;
  const now = await clock.now();
  const since = await memory.unclear(key, now);
  if (now.getTime() - since.getTime() < UNCLEAR_MAX_MS) return false;
  const why = error instanceof Error ? error.message : String(error);
  logger.error(
    { ...key, since, why },
    'Slack answers for 15 minutes what nobody understands; a message is passed over',
  );
  await memory.gone(key, why);
  return true;
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
  // Without it nobody could find the message again but by its mark.
  if (!answer.ts) throw new UnclearAnswer('chat.postMessage', 'a yes without a `ts`');
  return { channel: answer.channel ?? place.channel, ts: answer.ts };
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
