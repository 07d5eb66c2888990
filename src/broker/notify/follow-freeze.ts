import type { Actor, Command } from '../../core/request/command.ts';
import { isHeldBy } from '../../core/request/freeze.ts';
import type { State } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { Schedule } from '../../ports/schedule.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';

export interface Followed {
  /** Accesses whose ending began. */
  readonly ended: number;
  /** Requests that could not be moved; the sweep tries again. */
  readonly failed: number;
}

/** Rows read at once, and moved at once. */
const PAGE = 100;
const AT_ONCE = 5;
const FREEZE: Actor = { type: 'system', name: 'freeze' };

/**
 * Brings every request in line with the freeze as it stands: with `all`, what is open or being opened begins to end;
 * what waits is told, and told again when it is over. May be done any number of times, by several at once: a request
 * that is in line already is left alone, and one that fails keeps none of the others.
 */
export async function followFreeze(deps: Pick<BrokerDeps, 'store' | 'schedule' | 'logger'>): Promise<Followed> {
  const frozen = await deps.store.freeze();
  const { installationId, copy } = await deps.store.installation();
  if (copy !== undefined) return { ended: 0, failed: 0 };
  const following = { ...deps, schedule: whileItAnswers(deps.schedule) };
  const ended = frozen?.all
    ? await eachIn(following, ['granting', 'active'], (row) =>
        isOf(installationId, row) ? { type: 'end_frozen' } : undefined,
      )
    : NONE;
  const waiting = await eachIn(following, ['pending'], ({ request }) => {
    const held = request.state === 'pending' ? request.held : undefined;
    const said = frozen === undefined ? held === undefined : isHeldBy(held, frozen);
    return said ? undefined : { type: 'note_freeze' };
  });
  return { ended: ended.moved, failed: ended.failed + waiting.failed };
}

/** A queue that did not answer once is not waited for at every row: their work is derived and added again later. */
function whileItAnswers(schedule: Schedule): Schedule {
  let silent = false;
  const addAgain = (requestId: string): void => schedule.addAgain?.(requestId);
  return {
    addAgain,
    add: async (work, now) => {
      if (silent) {
        for (const { requestId } of work.slice(0, 1)) addAgain(requestId);
        return;
      }
      try {
        await schedule.add(work, now);
      } catch (error) {
        silent = true;
        throw error;
      }
    },
  };
}

const NONE = { moved: 0, failed: 0 };

/** Plans of another installation, whose database ours was copied from, are that one's to end. */
const isOf = (installationId: string, { request }: Row): boolean =>
  request.state === 'pending' ||
  request.grants.every(({ plan }) => plan === undefined || plan.installationId === installationId);

async function eachIn(
  deps: Pick<BrokerDeps, 'store' | 'schedule' | 'logger'>,
  states: readonly State[],
  commandFor: (row: Row) => Command | undefined,
): Promise<typeof NONE> {
  let [moved, failed] = [0, 0];
  const move = async (row: Row): Promise<void> => {
    const { id } = row.request.details;
    const command = commandFor(row);
    if (command === undefined) return;
    try {
      // A refusal says that the request moved on by itself.
      if ((await apply(deps, id, command, FREEZE)).ok) moved += 1;
    } catch (error) {
      failed += 1;
      deps.logger.error(
        { requestId: id, why: String(error) },
        'a request could not follow the freeze; it is tried again',
      );
    }
  };
  let after: string | undefined;
  for (;;) {
    const rows = await deps.store.inStates(states, PAGE, after);
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      await Promise.all(rows.slice(from, from + AT_ONCE).map(move));
    }
    after = rows.at(-1)?.request.details.id;
    if (rows.length < PAGE || after === undefined) return { moved, failed };
  }
}
