import { refusalWords } from '../chat/words.ts';
import { decide } from '../core/decide.ts';
import { actorName } from '../core/decision.ts';
import { requestStream } from '../core/events.ts';
import { NO_FACTS } from '../core/facts.ts';
import type { AccessRequest } from '../core/request.ts';
import type { Row } from '../core/work.ts';
import { operator, withStore } from './with-store.ts';

const OPEN = ['pending', 'granting', 'active', 'revoking'] as const;

const line = ({ request }: Row): string => {
  const { ask } = request;
  return `${ask.id}  ${request.state.padEnd(8)}  ${ask.incident.id}  ${ask.terms.role.id}  ${ask.requester.id}  ${endWords(request)}`;
};

function endWords(request: AccessRequest): string {
  if (request.state === 'active') return `ends ${request.endsAt.toISOString()}`;
  if (request.state === 'closed') return `${request.outcome} ${request.closedAt.toISOString()}`;
  return request.state === 'revoking' && request.failures > 0 ? `ending fails, ${request.failures} tries so far` : '';
}

/** Prints every open request, a line each. */
export const list = (): Promise<void> =>
  withStore(async (store) => {
    const rows = await store.list({ states: OPEN, limit: 1000 });
    console.log(rows.length === 0 ? 'Nothing is open.' : rows.map(line).join('\n'));
  });

/** Prints one request and its events. Returns the exit code. */
export const status = (id: string): Promise<number> =>
  withStore(async (store) => {
    const row = await store.find(id);
    if (row === undefined) {
      console.error(`There is no request ${id}. "breakglass list" shows the open ones.`);
      return 1;
    }
    console.log(line(row));
    for (const event of await store.events(requestStream(id))) {
      console.log(`${event.at.toISOString()}  ${String(event.seq).padStart(3)}  ${event.type}  ${event.actor}`);
    }
    return 0;
  });

/** Ends access. A running worker does it within a minute; the row says so at once. Returns the exit code. */
export const end = (id: string): Promise<number> =>
  withStore(async (store) => {
    const actor = operator();
    const changed = await store.change(id, actorName(actor), (row, now) =>
      decide(row?.request, { type: 'end' }, actor, NO_FACTS, now),
    );
    if (!changed.ok) {
      console.error(refusalWords(changed.refusal.code, changed.refusal.detail));
      return 1;
    }
    console.log(
      `Ending. A worker takes the access away within a minute; "breakglass status ${id}" shows when it was proven.`,
    );
    return 0;
  });
