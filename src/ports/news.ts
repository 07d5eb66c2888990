import type { StoredEvent } from '../core/events.ts';

/** Where a freeze is told: the two channels of the policy, whichever they are at the time. */
export type NewsPlace = 'security' | 'default';

/** Where a change of the policy is told: in the security channel of the policy that was replaced, and of the new one. */
export type PolicyPlace = 'policy_before' | 'policy_after';

/** How far each place was told of one kind of event in the system stream, in the same database as the events. */
export interface News<Place extends NewsPlace | PolicyPlace> {
  /** What this place was not told yet, oldest first. */
  pendingNotifications(place: Place): Promise<readonly StoredEvent[]>;
  /** It was told everything up to this event. */
  notified(place: Place, seq: number): Promise<void>;
}
