import type { Row } from '../../core/work.ts';
import { cardOf } from '../card.ts';
import { frozenLines } from '../freeze-words.ts';
import { wordsOf } from '../phrase.ts';
import { refusalWords } from '../words.ts';
import type { AppDeps } from './app-deps.ts';
import type { Caller } from './caller.ts';

const OPEN_STATES = ['pending', 'granting', 'active', 'revoking'] as const;
const SHOWN = 20;

/** Whether openings are frozen, and every request that is not over, newest first. */
export async function listWords(deps: AppDeps): Promise<string> {
  const [rows, frozen] = await Promise.all([
    deps.store.list({ states: OPEN_STATES, limit: SHOWN + 1 }),
    deps.store.freeze(),
  ]);
  const above = frozenLines(frozen);
  if (rows.length === 0) return [...above, 'No request is open now. Type /breakglass to ask for access.'].join('\n');
  const more = rows.length > SHOWN ? ['… and more; the channel shows them.'] : [];
  return [...above, ...(await Promise.all(rows.slice(0, SHOWN).map((row) => lineOf(deps, row)))), ...more].join('\n');
}

/** Where one request stands; without an id, the caller's own newest ones. */
export async function statusWords(deps: AppDeps, caller: Caller, id: string | undefined): Promise<string> {
  if (id !== undefined) {
    const row = await deps.store.find(id.toLowerCase());
    return row === undefined ? refusalWords('unknown_request') : detailsOf(deps, row);
  }
  const own = await deps.store.list({ states: OPEN_STATES, requester: caller.key, limit: SHOWN });
  if (own.length === 0)
    return 'You have no open request. Type /breakglass list to see everybody’s, or /breakglass to ask.';
  return (await Promise.all(own.map((row) => lineOf(deps, row)))).join('\n');
}

async function lineOf(deps: AppDeps, row: Row): Promise<string> {
  const { headline, standing } = cardOf(await deps.broker.view(row));
  const { ask } = row.request;
  return `${ask.id}: ${headline}, ${ask.requester.name}, ${ask.incident.id}. ${wordsOf(standing)}`;
}

async function detailsOf(deps: AppDeps, row: Row): Promise<string> {
  const card = cardOf(await deps.broker.view(row));
  const facts = card.facts.map(({ label, value }) => `${label}: ${wordsOf(value)}`);
  const approvals = card.approvals.map(wordsOf);
  const open = card.open.length === 0 ? [] : ['Still needed:', ...card.open.map(wordsOf)];
  return [card.headline, wordsOf(card.standing), ...facts, ...approvals, ...open, ...card.caveats].join('\n');
}
