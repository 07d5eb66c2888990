import type { WebClient } from '@slack/web-api';
import { chatFailure, refusalOf } from './web.ts';
import type { Home } from './workspace.ts';

/** What reading needs: a client, and who we are there. */
export interface Reading {
  readonly client: WebClient;
  readonly home: () => Promise<Home>;
}

/** What a message of ours carries as metadata: enough to know it again. */
export interface Tag {
  readonly type: string;
  readonly payload: Readonly<Record<string, string>>;
}

/** Where a message may stand. */
export interface Place {
  readonly channel: string;
  readonly threadTs?: string | undefined;
  /** A thread's post that the channel sees too. */
  readonly broadcast?: boolean | undefined;
}

/** Where a message stands. */
export interface Found {
  readonly channel: string;
  readonly ts: string;
}

export interface Carrying extends Found {
  readonly tag: Tag;
}

/** Pages read at most, of 200 messages each. */
const PAGES = 10;
/** Clocks of Slack and ours may differ by this much when we say since when to look. */
const SLACK_SECONDS = 300;

/**
 * Messages of ours in a channel, or in a thread, with their metadata, oldest first. Other apps can write our metadata:
 * only what our own bot wrote counts.
 * https://docs.slack.dev/reference/methods/conversations.replies
 */
async function carrying({ client, home }: Reading, place: Place, since: Date): Promise<readonly Carrying[]> {
  const { channel, threadTs } = place;
  const oldest = String(Math.floor(since.getTime() / 1000) - SLACK_SECONDS);
  const self = await home();
  const found: Carrying[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const common = { channel, include_all_metadata: true, limit: 200, ...(cursor ? { cursor } : {}) };
    const answer =
      threadTs === undefined
        ? await client.conversations.history({ ...common, oldest })
        : await client.conversations.replies({ ...common, ts: threadTs });
    for (const { ts, metadata, user, bot_id: bot } of answer.messages ?? []) {
      if (!isOurs(self, { user, bot })) continue;
      const { event_type: type, event_payload: payload } = metadata ?? {};
      if (ts && type && payload) found.push({ channel, ts, tag: { type, payload: payload as Tag['payload'] } });
    }
    cursor = answer.response_metadata?.next_cursor || undefined;
    if (cursor === undefined) break;
  }
  return found.toSorted((a, b) => Number(a.ts) - Number(b.ts));
}

/** Who writes: a user, and for apps a bot. */
interface Author {
  readonly user: string | undefined;
  readonly bot: string | undefined;
}

const isOurs = ({ botUserId, botId }: Home, { user, bot }: Author): boolean =>
  (user !== undefined && user === botUserId) || (bot !== undefined && bot === botId);

/** The message at this place with its metadata, if our own bot wrote it there. Rejects as Slack's client does. */
export async function messageAt({ client, home }: Reading, { channel, ts }: Found): Promise<Carrying | undefined> {
  const self = await home();
  const answer = await client.conversations.history({
    channel,
    oldest: ts,
    latest: ts,
    inclusive: true,
    limit: 1,
    include_all_metadata: true,
  });
  const found = answer.messages?.find((one) => one.ts === ts);
  const { event_type: type, event_payload: payload } = found?.metadata ?? {};
  if (!found || !type || !payload || !isOurs(self, { user: found.user, bot: found.bot_id })) return undefined;
  return { channel, ts, tag: { type, payload: payload as Tag['payload'] } };
}

const isTagged = ({ tag }: Carrying, wanted: Tag): boolean =>
  tag.type === wanted.type && Object.entries(wanted.payload).every(([name, value]) => tag.payload[name] === value);

/** Messages that carry this tag, oldest first. A place that cannot be read holds none; Slack away is a `Failure`. */
export async function messagesOfOurs(
  reading: Reading,
  place: Place,
  wanted: Tag,
  since: Date,
): Promise<readonly Carrying[]> {
  try {
    const all = await carrying(reading, place, since);
    return all.filter((one) => isTagged(one, wanted));
  } catch (error) {
    const code = refusalOf(error);
    if (code !== undefined && UNREADABLE.has(code)) return [];
    throw chatFailure('looking for a message', error);
  }
}

/** The place is not ours to read: nothing of ours is there, or (without the scope) nothing of ours can be found. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'not_in_channel',
  'channel_not_found',
  'thread_not_found',
  'missing_scope',
]);
