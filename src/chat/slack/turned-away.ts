import type { Logger } from '../../ports/logger.ts';
import { throttled } from '../../throttled-log.ts';

/** Anybody who finds the address can send as much as they like: one line for each kind in this time, in milliseconds. */
const EVERY_MS = 1_000;

const KINDS = {
  unsigned: 'a request for Slack’s address was not signed by Slack and was turned away',
  malformed: 'a signed request is not as Slack documents it and was turned away',
  too_large: 'a request for Slack’s address is too large and was turned away',
  other_app: 'Slack sent something for another app; SLACK_APP_ID may be wrong',
} as const;

/** Why something that came in was not heard. */
export type TurnedAway = keyof typeof KINDS;

/** Logs what was turned away, at most one line a second for each kind, with how many went unsaid. */
export function turnedAwayLog(logger: Logger): (kind: TurnedAway, why: string) => void {
  const kinds = Object.entries(KINDS).map(([kind, what]) => [
    kind,
    throttled<string>(EVERY_MS, (why, unsaid) =>
      kind === 'other_app' ? logger.error({ why, unsaid }, what) : logger.warn({ why, unsaid }, what),
    ),
  ]);
  const say: Record<TurnedAway, (why: string) => void> = Object.fromEntries(kinds);
  return (kind, why) => say[kind](why);
}
