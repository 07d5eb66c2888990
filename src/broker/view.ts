import { cloudTermsOf } from '../core/policy/cloud.ts';
import { type Directory, onCallFor } from '../core/policy/directory.ts';
import { eligibleFor } from '../core/request/approvals.ts';
import { openNow } from '../core/request/decide-approve.ts';
import { askedNow } from '../core/request/extension.ts';
import type { AccessRequest } from '../core/request/request.ts';
import type { Row } from '../core/request/work.ts';
import type { ClauseView, RequestView } from '../ports/request-view.ts';
import type { BrokerDeps } from './deps.ts';
import { manualCommands } from './grant/manual-commands.ts';
import { policyOf } from './policy-of.ts';

/** Everything a card shows. A directory that does not answer leaves the names out, never the card. */
export async function view(deps: BrokerDeps, row: Row): Promise<RequestView> {
  const { request } = row;
  const capabilities = cloudTermsOf(deps.clouds, request.details.terms);
  const failing = request.state === 'revoking' && request.failures > 0;
  const shown = { row, capabilities, manualCommands: failing ? manualCommands(deps, request) : [] };
  if (askedNow(request) === undefined) return { ...shown, open: [] };
  try {
    const { directory } = await deps.directory.read(await policyOf(deps));
    return { ...shown, open: clauseViews(request, directory) };
  } catch (error) {
    deps.logger.warn({ requestId: request.details.id, why: String(error) }, 'the card is drawn without names');
    return { ...shown, open: undefined };
  }
}

function clauseViews(request: AccessRequest, directory: Directory): ClauseView[] {
  const now = openNow(request, directory);
  if (now === undefined) return [];
  const { open, counted, asker, seen } = now;
  const decided = new Set(counted.map(({ by }) => by.id));
  return open.map(({ clause, missing }) => {
    const people = eligibleFor(clause, directory, asker, seen).filter(({ id }) => !decided.has(id));
    const teams = clause.who === 'group' ? clause.teams : [];
    return { clause, missing, people, onCall: people.filter(({ id }) => onCallFor(directory, id, teams)) };
  });
}
