import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import type { ChatNo, MessageAt, Tag, Target } from '../../ports/chat.ts';
import type { ChatMemory, MessageKey, MessageRef } from '../../ports/chat-memory.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Content, RequestChat } from '../words/content.ts';
import { bareWords } from './bare-words.ts';

export interface Sending {
  readonly key: MessageKey;
  readonly digest: string;
  readonly version: number;
  /** No message of ours about this is older. */
  readonly since: Date;
  /** Tried in this order until one takes it; each may need a call to be known. */
  readonly places: readonly (() => Promise<Target | undefined>)[];
  readonly tag: Tag;
  /** Not to be sent any more, and why: it is only looked for, and given up where it is nowhere. */
  readonly onlyFind?: string | undefined;
  /** Made only when it is really sent. */
  readonly content: (place: Target) => Content | Promise<Content>;
}

export interface SendDeps {
  readonly chat: RequestChat;
  readonly clock: Clock;
  readonly memory: ChatMemory;
  readonly logger: Logger;
  /** How long another sender of the same message may take before its outcome counts as unknown. */
  readonly unknownAfterMs: number;
}

/** What a chat answers without anybody understanding it is tried again for so long, and then passed over. */
export const UNCLEAR_MAX_MS = 15 * 60_000;

/** Is this an answer of a chat that nobody understands? */
export const isUnclear = (error: unknown): boolean => error instanceof Failure && error.detail.outcome === 'unclear';

/**
 * Sends a message at most once, whoever tries and however often. Reserved first; a send whose outcome is unknown is
 * looked for in the chat before anything is sent again. Undefined when no place takes it, now and later: a message
 * that the chat refuses as it is written is tried as bare words first, and never holds up what comes after it; nor does one
 * that the chat has answered unclearly for {@link UNCLEAR_MAX_MS}, whichever processes asked.
 *
 * In a chat that cannot be searched nobody can say what became of such a send, so it is not sent again: a line is passed
 * over, and a card waits as long for a click that names its place, in its reader's own conversation ({@link isUnknown}).
 * Rejects with `Failure` when it should be tried again.
 */
export async function sendOnce(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  const { key, digest } = sending;
  const first = await placeOf(sending.places[0]).catch((error: unknown) => ({ error }));
  // Reserved even where nobody could say its place: from then on it is a message that has still to be sent.
  const place = first !== undefined && 'error' in first ? undefined : (first?.place ?? '');
  const { ref, fresh } = await deps.memory.claim(key, place, digest);
  if (ref.state === 'gone') return undefined;
  if (ref.message !== undefined) return ref;
  try {
    if (first !== undefined && 'error' in first) throw first.error;
    if (!fresh) {
      const known = await awaited(deps, key);
      if (known?.state === 'gone') return undefined;
      if (known?.message !== undefined) return known;
      if (deps.chat.can.search) {
        const found = await adopt(deps, sending);
        if (found) return found;
      } else if (sending.onlyFind === undefined) {
        const settled = await takenUp(deps, sending, { place, tries: ref.tries });
        if (settled !== 'ours') return settled;
      }
    }
    if (sending.onlyFind === undefined) return await post(deps, sending);
    await deps.memory.gone(key, sending.onlyFind);
    return undefined;
  } catch (error) {
    if (!(await isPassedOver(deps, key, error))) throw error;
    return undefined;
  }
}

/**
 * In a chat that cannot be searched: whether a message that others reserved is ours to send now, because they said that
 * surely nothing was sent. Whoever else took it up anew meanwhile gets the time that a call can take as well. Gives the
 * message once it stands, and undefined where it is given up; rejects as {@link passOver}.
 */
async function takenUp(
  deps: SendDeps,
  { key, digest }: Sending,
  { place, tries }: { readonly place: string | undefined; readonly tries: number },
): Promise<MessageRef | 'ours' | undefined> {
  for (let last = tries; ; ) {
    const { ref, fresh } = await deps.memory.claim(key, place, digest);
    if (ref.state === 'gone') return undefined;
    if (ref.message !== undefined) return ref;
    if (fresh) return 'ours';
    if (ref.tries === last) {
      await passOver(deps, key);
      return undefined;
    }
    last = ref.tries;
    const known = await awaited(deps, key);
    if (known?.state === 'gone') return undefined;
    if (known?.message !== undefined) return known;
  }
}

/** Is this a card of which nobody knows whether it stands? Nothing else needs to wait for it. */
export const isUnknown = (error: unknown): boolean => error instanceof Failure && error.detail.outcome === 'unknown';

/** Gives up what was sent to an unknown end in a chat that cannot be searched; a card, not before somebody had time to click. */
async function passOver({ memory, clock, logger }: SendDeps, key: MessageKey): Promise<void> {
  const now = await clock.now();
  const since = await memory.unclear(key, now);
  const isCard = key.kind === 'card' || key.kind === 'copy';
  if (isCard && now.getTime() - since.getTime() < UNCLEAR_MAX_MS) {
    const detail = { outcome: 'unknown' };
    throw new Failure('CHAT_UNAVAILABLE', 'whether a card was sent is not known, and it cannot be looked for', {
      detail,
    });
  }
  logger.error(
    { ...key, since },
    'whether a message was sent is not known, and this chat cannot be searched; it is not sent again',
  );
  await memory.gone(key, 'whether it was sent is not known');
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
    'the chat answers for 15 minutes what nobody understands; a message is passed over',
  );
  await memory.gone(key, why);
  return true;
}

const placeOf = async (place: (() => Promise<Target | undefined>) | undefined): Promise<Target | undefined> =>
  place?.();

async function stored(deps: SendDeps, key: MessageKey): Promise<MessageRef | undefined> {
  const refs = await deps.memory.refs(key.requestId, key.chat);
  return refs.find((one) => one.kind === key.kind && one.seq === key.seq && one.person === key.person);
}

/** Another worker may be sending it right now: gives it the time that a call can take. */
async function awaited(deps: SendDeps, key: MessageKey): Promise<MessageRef | undefined> {
  const until = performance.now() + deps.unknownAfterMs;
  // Ever more slowly: when the chat is away, every message that is tried again stands here.
  for (let pause = POLL_MS; performance.now() < until; pause *= 1.5) {
    const ref = await stored(deps, key);
    if (ref?.message !== undefined || ref?.state === 'gone') return ref;
    await wait(Math.min(pause, until - performance.now()));
  }
  return stored(deps, key);
}
const POLL_MS = 100;

/** Finds what an unknown send left in the chat, keeps the one that is noted first and removes the rest. */
async function adopt(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  for (const candidate of sending.places) {
    const place = await candidate();
    if (place === undefined) continue;
    const found = await deps.chat.find(place, sending.tag, sending.since);
    const [oldest] = found;
    if (oldest === undefined) continue;
    // What it shows is not known, so version 0: the next drawing brings it up to date.
    return keepOne(deps, sending.key, { at: oldest, drawnVersion: 0 }, found);
  }
  return undefined;
}

async function post(deps: SendDeps, sending: Sending): Promise<MessageRef | undefined> {
  const refusals: string[] = [];
  for (const candidate of sending.places) {
    const place = await unsent(deps, sending.key, candidate);
    if (place === undefined) continue;
    const sent = await sendTo(deps, place, sending);
    if (!isNo(sent)) {
      return keepOne(deps, sending.key, { at: sent, drawnVersion: sending.version, digest: sending.digest }, [sent]);
    }
    refusals.push(`${place.place}: ${sent.why}`);
  }
  const why = refusals.join(', ') || 'there is nowhere to send it';
  deps.logger.error({ ...sending.key, why }, 'a message was taken nowhere and is given up');
  await deps.memory.gone(sending.key, why);
  return undefined;
}

/** Is this answer of a chat a no for good? */
export const isNo = (answer: MessageAt | ChatNo): answer is ChatNo => 'no' in answer;

/** The message, or its bare words when the chat refuses how it is written. */
async function sendTo(deps: SendDeps, place: Target, { key, tag, content: made }: Sending) {
  const content = await unsent(deps, key, async () => made(place));
  const sent = await send(deps, key, () => deps.chat.send(place, content, tag));
  if (!isNo(sent) || sent.no !== 'miswritten') return sent;
  deps.logger.error({ ...key, why: sent.why }, 'the chat refuses how a message is written; sending its bare words');
  return send(deps, key, () => deps.chat.send(place, { kind: 'bare', words: bareWords(content) }, tag));
}

const isUndone = (error: unknown): boolean => error instanceof Failure && error.detail.outcome === 'undone';

/** What is done before anything is sent: where it fails, the message counts as never sent. */
const unsent = <T>(deps: SendDeps, key: MessageKey, work: () => Promise<T>): Promise<T> =>
  orRelease(deps, key, work, () => true);

const send = <T>(deps: SendDeps, key: MessageKey, work: () => Promise<T>): Promise<T> =>
  orRelease(deps, key, work, isUndone);

/**
 * Whoever can search its chat finds out what was sent. In the others it is noted where surely nothing was, or the message
 * would be passed over for nothing.
 */
async function orRelease<T>(
  { chat, memory }: SendDeps,
  key: MessageKey,
  work: () => Promise<T>,
  isSure: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!chat.can.search && isSure(error)) await memory.release(key);
    throw error;
  }
}

/** Where a message was found or sent, and what it shows as far as that is known. */
interface Shown {
  readonly at: MessageAt;
  readonly drawnVersion: number;
  readonly digest?: string;
}

/** Notes where it stands, unless somebody noted another place first: then ours is the double, as is all else that was found. */
async function keepOne(
  deps: SendDeps,
  key: MessageKey,
  { at, drawnVersion, digest }: Shown,
  found: readonly MessageAt[],
): Promise<MessageRef | undefined> {
  await deps.memory.sent(key, { place: at.place, message: at.message, drawnVersion, digest });
  const kept = await stored(deps, key);
  for (const one of found) {
    if (one.place !== kept?.place || one.message !== kept.message) await removeDouble(deps, one);
  }
  return kept;
}

/** Removes a double. One that cannot be removed is only logged: whoever clicks on it is refused. */
export async function removeDouble({ chat, logger }: Pick<SendDeps, 'chat' | 'logger'>, at: MessageAt): Promise<void> {
  const why = await chat.remove(at).then(
    (no) => no?.why,
    (error: unknown) => String(error),
  );
  if (why !== undefined) logger.warn({ ...at, why }, 'a double was not removed');
}
