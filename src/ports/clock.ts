/**
 * The only "now" that decides anything. In production it is the database's own clock, so that a process whose clock is
 * wrong changes no outcome.
 */
export interface Clock {
  now(): Promise<Date>;
}
