import type { StoredEvent } from '../../core/events.ts';
import type { ChatName } from '../../core/policy/directory.ts';
import type { FreezeChannel, News, NewsPlace, PolicyChannel } from '../../ports/news.ts';
import type { BrokerDeps } from '../deps.ts';

/** How long whoever tells waits for another that does. */
const WAIT_MS = 5_000;

/** What is told, where, and how. */
interface NewsKind<Channel extends FreezeChannel | PolicyChannel> {
  readonly lock: string;
  /** Those that this process has: what others are owed is for a process that has them. */
  readonly chats: readonly ChatName[];
  readonly channels: readonly Channel[];
  readonly news: News<Channel>;
  /** False when that place will not take it, however often it is tried. */
  readonly say: (place: NewsPlace<Channel>, event: StoredEvent) => Promise<boolean>;
  /** For the log, where it will not. */
  readonly unsaid: string;
}

/**
 * Tells each place what it was not told yet, in order, each by itself. May be done at any time, by several at once: in each
 * chat one tells and the others find it told. Rejects when it should be done again, which the sweep does; a process that
 * dies between saying and noting it says it twice.
 */
export async function notifyNews<Channel extends FreezeChannel | PolicyChannel>(
  deps: Pick<BrokerDeps, 'store' | 'logger'>,
  kind: NewsKind<Channel>,
): Promise<void> {
  const tried = await Promise.allSettled(kind.chats.map((chat) => notifyChat(deps, kind, chat)));
  const failed = tried.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Under a lock of the chat's own: one that does not answer keeps no other from being told. */
async function notifyChat<Channel extends FreezeChannel | PolicyChannel>(
  { store, logger }: Pick<BrokerDeps, 'store' | 'logger'>,
  { lock, channels, news, say, unsaid }: NewsKind<Channel>,
  chat: ChatName,
): Promise<void> {
  const places = channels.map((channel) => ({ chat, channel }));
  const pending = await Promise.all(places.map((place) => news.pendingNotifications(place)));
  if (pending.every((events) => events.length === 0)) return;
  const { copy } = await store.installation();
  if (copy !== undefined) return;
  const notifyPlace = async (place: NewsPlace<Channel>, lost: AbortSignal): Promise<void> => {
    for (const event of await news.pendingNotifications(place)) {
      lost.throwIfAborted();
      if (!(await say(place, event))) logger.error({ ...place, event: event.id }, unsaid);
      await news.notified(place, event.seq);
    }
  };
  await store.withLock(`${lock}/${chat}`, WAIT_MS, async (lost) => {
    const tried = await Promise.allSettled(places.map((place) => notifyPlace(place, lost)));
    const failed = tried.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  });
}
