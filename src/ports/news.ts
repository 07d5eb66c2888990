import type { StoredEvent } from '../core/events.ts';
import type { ChatName } from '../core/policy/directory.ts';

/** Where a freeze is told: the two channels of the policy in each chat, whichever they are at the time. */
export type FreezeChannel = 'security' | 'default';

/** Where a change of the policy is told: in the security channel of the policy that was replaced, and of the new one. */
export type PolicyChannel = 'policy_before' | 'policy_after';

/** A channel of one chat that is told of something. What one chat was told says nothing of another. */
export interface NewsPlace<Channel extends FreezeChannel | PolicyChannel> {
  readonly chat: ChatName;
  readonly channel: Channel;
}

/** How far each place was told of one kind of event in the system stream, in the same database as the events. */
export interface News<Channel extends FreezeChannel | PolicyChannel> {
  /** What this place was not told yet, oldest first. */
  pendingNotifications(place: NewsPlace<Channel>): Promise<readonly StoredEvent[]>;
  /** It was told everything up to this event. */
  notified(place: NewsPlace<Channel>, seq: number): Promise<void>;
}
