import type { StoredEvent } from '../core/events.ts';

/** Where a freeze is told: the two channels of the policy, whichever they are at the time. */
export type NewsPlace = 'security' | 'default';

/** How far each channel was told of freezes, in the same database as the freeze. */
export interface FreezeNews {
  /** What this channel was not told yet of freezing and lifting, oldest first. */
  untold(place: NewsPlace): Promise<readonly StoredEvent[]>;
  /** It was told everything up to this event. */
  told(place: NewsPlace, seq: number): Promise<void>;
}
