import { ORPHANS_MAX } from '../../core/request/orphan.ts';
import type { CloudPlace, KnownOrphan } from '../../ports/cloud-memory.ts';

/*
 * What the sweep of the clouds tells the security channel: what was found, what was done, what to do next. Names in it
 * come from a cloud; whoever sends it makes them inert.
 */

const PAGE = 'docs/operations.md, "What the clouds hold"';
/** Names in one message. */
const NAMED_MAX = 10;

/** Ours, found open, and closed now: by us, or by somebody who was faster. */
export const closedWords = ({ name, account }: KnownOrphan): string =>
  `Role ${name} in account ${account} carries the id of this installation, and no request of mine explains it. It was ` +
  'open and is closed now: the Deny and a trust that lets nobody in were read back. Find out in CloudTrail who made it, and whether ' +
  `the database lost rows: ${PAGE}.`;

/** Ours, and closed when they were found. */
export const foundClosedWords = (orphans: readonly KnownOrphan[]): string =>
  `In account ${accountOf(orphans)} no request of mine explains ${named(orphans, ({ name }) => name)}, of this ` +
  `installation's id. Nothing gets through there: the Deny and a trust that lets nobody in were read. Find out ` +
  `whether the database lost rows: ${PAGE}.`;

/** Which end such a role should have, no plan says. */
const UNREAD_END =
  'What I made refuses by itself from the end that is written on it, unless somebody removed that; I did not read it here.';

/** Of ours, and the cloud did not let it be closed. */
export const failedWords = ({ name, account, why = 'unexpected' }: KnownOrphan): string =>
  `Role ${name} in account ${account} carries the id of this installation, no request of mine explains it, and I ` +
  `could not close it (${why}). I try again with each pass. ${UNREAD_END} If that is too late, end it by hand: docs/operations.md, "Ending by hand".`;

/** Not ours. */
export const foreignWords = (orphans: readonly KnownOrphan[]): string =>
  `In account ${accountOf(orphans)}, where only roles of this installation should stand, I found ` +
  `${named(orphans, ({ name, installationId }) => `${name} (${installationWords(installationId)})`)}. I touch none of them. Find out whose they ` +
  `are: ${PAGE}.`;

const accountOf = ([first]: readonly KnownOrphan[]): string => first?.account ?? '?';

function named(orphans: readonly KnownOrphan[], words: (orphan: KnownOrphan) => string): string {
  const more = orphans.length > NAMED_MAX ? ` and ${orphans.length - NAMED_MAX} more` : '';
  return `${orphans.slice(0, NAMED_MAX).map(words).join(', ')}${more}`;
}

const installationWords = (installationId: string | undefined): string =>
  installationId === undefined ? 'without an installation id' : `of installation ${installationId}`;

/** Too many of ours. */
export const stoppedWords = (): string =>
  `More than ${ORPHANS_MAX} roles carry the id of this installation and no request of mine explains them. I touch ` +
  `none: rows are probably missing, as after a restore. ${UNREAD_END} Compare them with the requests now: ${PAGE}.`;

/** Some of ours cannot be closed. */
export const unclosedWords = (count: number): string =>
  `I cannot close ${count} role(s) of this installation's id that no request of mine explains. I keep trying.`;

/** Some of what was ended lets somebody in again, and cannot be closed. */
export const tombstoneWords = (count: number): string =>
  `${count} role(s) whose end was proven are open again: somebody took the Deny or the closed trust away, and I cannot ` +
  'write them again. I keep trying.';

/** An account that cannot be looked at. */
export const unlistedWords = ({ account, why }: CloudPlace & { readonly why: string }): string =>
  `I cannot list the roles of account ${account} (${why}), so nothing there is compared with the requests. Endings go ` +
  'on. The platform team must look at the broker role there; docs/errors.md explains the code.';
