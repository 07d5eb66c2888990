/*
 * An object that stands in a cloud where only ours should, and that no row explains. Plans are committed before the
 * first call to a cloud, and the cloud is listed before the store is asked: so it is never a grant in the making.
 */

/** More unknowns than this at once say that our own memory is wrong, as after a restore; then none is touched. */
export const ORPHANS_MAX = 3;

/** Only what carries this installation's id is ours to close (C6). */
export const isOurs = (installationId: string | undefined, ours: string): boolean => installationId === ours;

/** Passes in a row in which an account could not be listed before people hear of it: clouds stumble. */
export const UNLISTED_NOTIFIED = 2;
