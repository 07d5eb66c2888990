import { apply } from '../broker/apply.ts';
import { frozenLines } from '../chat/words/freeze-words.ts';
import { refusalWords } from '../chat/words/words.ts';
import { requestStream } from '../core/events.ts';
import type { AccessRequest } from '../core/request/request.ts';
import type { Row } from '../core/request/work.ts';
import { typedId } from '../core/typed.ts';
import { makeLogger } from '../logger.ts';
import type { Store } from '../ports/store.ts';
import { openSchedule } from './open-schedule.ts';
import { operator, withStore } from './with-store.ts';

/** A session that is in doubt keeps nobody from looking, nor from ending. */
const IN_DOUBT_TOO = { evenIf: 'in doubt' } as const;

const OPEN = ['pending', 'granting', 'active', 'revoking'] as const;

const line = ({ request }: Row): string => {
  const { details } = request;
  return `${details.id}  ${request.state.padEnd(8)}  ${details.incident.id}  ${details.terms.role.id}  ${details.requester.id}  ${endWords(request)}`;
};

function endWords(request: AccessRequest): string {
  if (request.state === 'active') return `ends ${request.endsAt.toISOString()}`;
  if (request.state === 'closed') {
    const unproven = request.outcome === 'ended_unproven' ? ', not compliant' : '';
    return `${request.outcome}${unproven} ${request.closedAt.toISOString()}`;
  }
  return request.state === 'revoking' && request.failures > 0 ? `ending fails, ${request.failures} tries so far` : '';
}

/** Prints every open request, a line each, the newest first, however many there are. */
export const list = (): Promise<void> =>
  withStore(async (store) => {
    const [rows, frozen] = await Promise.all([openRows(store), store.freeze()]);
    const lines = rows.length === 0 ? ['Nothing is open.'] : rows.map(line);
    console.log([...frozenLines(frozen), ...lines].join('\n'));
  }, IN_DOUBT_TOO);

async function openRows(store: Store): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (let after: string | undefined; ; ) {
    const rows = await store.inStates(OPEN, PAGE, after);
    found.push(...rows);
    after = rows.at(-1)?.request.details.id;
    if (rows.length < PAGE || after === undefined) return found.reverse();
  }
}
const PAGE = 500;

/** The id of the request that was meant: as it was typed, or as we spell it. */
const meant = async (store: Store, typed: string): Promise<string> =>
  (await store.find(typed)) === undefined ? typedId(typed).toLowerCase() : typed;

/** Prints one request and its events. Returns the exit code. */
export const status = (typed: string): Promise<number> =>
  withStore(async (store) => {
    const id = await meant(store, typed);
    const [row, frozen] = await Promise.all([store.find(id), store.freeze()]);
    for (const said of frozenLines(frozen)) console.log(said);
    if (row === undefined) {
      console.error(`There is no request ${typed}. "breakglass list" shows the open ones.`);
      return 1;
    }
    console.log(line(row));
    for (const event of await store.events(requestStream(id))) {
      console.log(`${event.at.toISOString()}  ${String(event.seq).padStart(3)}  ${event.type}  ${event.actor}`);
    }
    return 0;
  }, IN_DOUBT_TOO);

/** Ends access through the one door. Returns the exit code. */
export const end = (typed: string): Promise<number> =>
  withStore(async (store, url) => {
    const id = await meant(store, typed);
    const logger = makeLogger('warn');
    const schedule = await openSchedule(store, url, logger);
    try {
      const changed = await apply({ store, schedule, logger }, id, { type: 'end' }, operator());
      if (!changed.ok) {
        console.error(refusalWords(changed.refusal.code, changed.refusal.detail));
        return 1;
      }
      console.log(`Ending. "breakglass status ${id}" shows when it was proven.`);
      return 0;
    } finally {
      await schedule.close();
    }
  }, IN_DOUBT_TOO);
