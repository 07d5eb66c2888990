import type { TurnedDown } from '../../core/request/request.ts';
import { oneLine, type Phrase } from './phrase.ts';

/** What became of the same person's request for the same role shortly before: whoever approves this one must know. */
export const followsWords = ({ id, outcome, at, by, reason }: TurnedDown): Phrase =>
  outcome === 'denied'
    ? ['Denied ', { at }, ` by ${oneLine(by, 80) || 'somebody'}: “${oneLine(reason, 300)}” (request ${id}).`]
    : ['Lapsed ', { at }, `: nobody approved it in time (request ${id}).`];
