import type { CloudWords } from '../../core/policy/cloud.ts';
import { ORPHANS_MAX } from '../../core/request/orphan.ts';
import type { CloudPlace, KnownOrphan } from '../../ports/cloud-memory.ts';
import { capital } from './phrase.ts';

/*
 * What the sweep of the clouds tells the security channel: what was found, what was done, what to do next, in what that
 * cloud calls its things. Names in it come from a cloud; whoever sends it makes them inert.
 */

const PAGE = 'docs/operations.md, "What the clouds hold"';
/** Names in one message. */
const NAMED_MAX = 10;

/** Ours, found open, and closed now: by us, or by somebody who was faster. */
export const closedWords = ({ name, account }: KnownOrphan, words: CloudWords): string =>
  `${capital(words.object.one)} ${name} in account ${account} carries the id of this installation, and no request of mine explains it. It was ` +
  `open and is closed now: ${words.removalRead}. Find out in ${words.auditLog} who made it, and whether ` +
  `the database lost rows: ${PAGE}.`;

/** Ours, and closed when they were found. */
export const foundClosedWords = (orphans: readonly KnownOrphan[], words: CloudWords): string =>
  `In account ${accountOf(orphans)} no request of mine explains ${named(orphans, ({ name }) => name)}, of this ` +
  `installation's id. Nothing gets through there: ${words.removalRead}. Find out ` +
  `whether the database lost rows: ${PAGE}.`;

/** Of ours, and the cloud did not let it be closed. */
export const failedWords = ({ name, account, why = 'unexpected' }: KnownOrphan, words: CloudWords): string =>
  `${capital(words.object.one)} ${name} in account ${account} carries the id of this installation, no request of mine explains it, and I ` +
  `could not close it (${why}). I try again with each pass. ${words.endsUnexplained} If that is too late, end it by hand: docs/operations.md, "Ending by hand".`;

/** Not ours. */
export const foreignWords = (orphans: readonly KnownOrphan[], words: CloudWords): string =>
  `In account ${accountOf(orphans)}, where only ${words.object.many} of this installation should stand, I found ` +
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
export const stoppedWords = (words: CloudWords): string =>
  `More than ${ORPHANS_MAX} ${words.object.many} carry the id of this installation and no request of mine explains them. I touch ` +
  `none: rows are probably missing, as after a restore. ${words.endsUnexplained} Compare them with the requests now: ${PAGE}.`;

/** Some of ours cannot be closed. */
export const unclosedWords = (count: number, words: CloudWords): string =>
  `I cannot close ${count} ${words.object.one}(s) of this installation's id that no request of mine explains. I keep trying.`;

/** Some of what was ended lets somebody in again, and cannot be closed. */
export const tombstoneWords = (count: number, words: CloudWords): string =>
  `${count} ${words.object.one}(s) whose end was proven are open again: somebody took ${words.undone} away, and I cannot ` +
  'write them again. I keep trying.';

/** An account that cannot be looked at. */
export const unlistedWords = ({ account, why }: CloudPlace & { readonly why: string }, words: CloudWords): string =>
  `I cannot list the ${words.object.many} of account ${account} (${why}), so nothing there is compared with the requests. Endings go ` +
  `on. The platform team must look at ${words.broker} there; docs/errors.md explains the code.`;
