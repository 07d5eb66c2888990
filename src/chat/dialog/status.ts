import { actionsIn } from '../../core/request/actions.ts';
import { mayEnd } from '../../core/request/decide-ending.ts';
import type { RefusalCode } from '../../core/request/refusal.ts';
import type { Row } from '../../core/request/work.ts';
import { cardOf } from '../words/card.ts';
import { cheatSheet } from '../words/cheat-sheet.ts';
import {
  LIST_SHOWS_ENDINGS,
  MORE_IN_CHANNEL,
  NO_OWN_REQUEST,
  NO_REQUEST_OPEN,
  NOTHING_TO_END,
  STILL_NEEDED,
  WHAT_MAY_END,
} from '../words/dialog-words.ts';
import { frozenLines } from '../words/freeze-words.ts';
import { wordsOf } from '../words/phrase.ts';
import { readingWords, refusalWords, UNANSWERED_READING } from '../words/words.ts';
import type { Known } from './caller.ts';
import type { DialogDeps } from './deps.ts';

type Deps = Pick<DialogDeps, 'broker' | 'store'>;

const OPEN_STATES = ['pending', 'granting', 'active', 'revoking'] as const;
const SHOWN = 20;

/**
 * Whether openings are frozen, and every request that is not over, newest first: for members, as asking knows them. While
 * nobody can say who is one, what the caller may end is shown all the same: by the row, which is what ending asks.
 */
export async function listWords(deps: Deps, who: Known): Promise<string> {
  const no = await deps.broker.whyNotRead(who.actor);
  if (no !== undefined) {
    return UNANSWERED_READING.has(no.code) ? endableWords(deps, who, no.code) : readingWords(no.code);
  }
  const [rows, frozen] = await Promise.all([
    deps.store.list({ states: OPEN_STATES, limit: SHOWN + 1 }),
    deps.store.freeze(),
  ]);
  const above = frozenLines(frozen);
  if (rows.length === 0) return [...above, NO_REQUEST_OPEN].join('\n');
  return [...above, ...(await linesOf(deps, rows))].join('\n');
}

async function endableWords(deps: Deps, who: Known, code: RefusalCode): Promise<string> {
  const rows = await endable(deps, who);
  if (rows.length === 0) return `${readingWords(code)}${NOTHING_TO_END}`;
  return [`${readingWords(code)}${WHAT_MAY_END}`, ...(await linesOf(deps, rows))].join('\n');
}

/** Newest first. What is open is in the index of what is unfinished, however much is over. */
async function endable({ store }: Deps, { actor }: Known): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (let after: string | undefined; ; ) {
    const rows = await store.inStates(OPEN_STATES, PAGE, after);
    found.push(...rows.filter(({ request }) => actionsIn(request).includes('end') && mayEnd(actor, request)));
    after = rows.at(-1)?.request.details.id;
    if (rows.length < PAGE || after === undefined) return found.reverse();
  }
}
const PAGE = 100;

async function linesOf(deps: Deps, rows: readonly Row[]): Promise<readonly string[]> {
  const lines = await Promise.all(rows.slice(0, SHOWN).map((row) => lineOf(deps, row)));
  return rows.length > SHOWN ? [...lines, MORE_IN_CHANNEL] : lines;
}

/** Where one request stands; without an id, the caller's own newest ones. For members. */
export async function statusWords(deps: Deps, who: Known, id: string | undefined): Promise<string> {
  const no = await deps.broker.whyNotRead(who.actor);
  if (no !== undefined) return noWords(no.code);
  if (id !== undefined) {
    const row = await deps.store.find(id.toLowerCase());
    return row === undefined ? refusalWords('unknown_request') : detailsOf(deps, row);
  }
  const own = await deps.store.list({ states: OPEN_STATES, requester: who.key, limit: SHOWN + 1 });
  return own.length === 0 ? NO_OWN_REQUEST : (await linesOf(deps, own)).join('\n');
}

/** One page of what can be asked for and how. For members. */
export async function helpWords(deps: Deps, who: Known): Promise<string> {
  const no = await deps.broker.whyNotRead(who.actor);
  if (no !== undefined) return noWords(no.code);
  const inForce = await deps.store.policyInForce();
  return inForce === undefined ? noWords('policy_unavailable') : cheatSheet(inForce.policy).join('\n');
}

const noWords = (code: RefusalCode): string =>
  UNANSWERED_READING.has(code) ? `${readingWords(code)}${LIST_SHOWS_ENDINGS}` : readingWords(code);

async function lineOf(deps: Deps, row: Row): Promise<string> {
  const { headline, status } = cardOf(await deps.broker.view(row));
  const { details } = row.request;
  return `${details.id}: ${headline}, ${details.requester.name}, ${details.incident.id}. ${wordsOf(status)}`;
}

async function detailsOf(deps: Deps, row: Row): Promise<string> {
  const card = cardOf(await deps.broker.view(row));
  const facts = card.facts.map(({ label, value }) => `${label}: ${wordsOf(value)}`);
  const approvals = card.approvals.map(wordsOf);
  const open = card.open.length === 0 ? [] : [STILL_NEEDED, ...card.open.map(wordsOf)];
  return [card.headline, wordsOf(card.status), ...facts, ...approvals, ...open, ...card.caveats].join('\n');
}
