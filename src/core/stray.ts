/*
 * An object that stands in a cloud where only ours should, and that no row explains. Plans are committed before the
 * first call to a cloud, and the cloud is listed before the store is asked: so it is never a grant in the making.
 */

/** More unknowns than this at once say that our own memory is wrong, as after a restore; then none is touched. */
export const STRAYS_MAX = 3;

/** Only what carries this installation's mark is ours to close (C6). */
export const isOurs = (mark: string | undefined, ours: string): boolean => mark === ours;

/** Passes in a row in which an account could not be listed before people hear of it: clouds stumble. */
export const UNLISTED_TOLD = 2;
