import type { Head } from '../core/audit/log.ts';
import { Failure } from '../core/failure.ts';
import type { Actor, Command } from '../core/request/command.ts';
import { decide } from '../core/request/decide.ts';
import { actorName } from '../core/request/decision.ts';
import { type Facts, NO_FACTS } from '../core/request/facts.ts';
import { historyOf } from '../core/request/requester-history.ts';
import { type Row, TELLING, type Work, type WorkName, workFor } from '../core/request/work.ts';
import type { Changed } from '../ports/store.ts';
import type { BrokerDeps } from './deps.ts';

/** A command, or how to make one from the row, the store's clock and the stream's head, inside the transaction. */
export type CommandOf = Command | ((row: Row | undefined, now: Date, head: Head) => Command);

/** Decides and saves in one transaction, and puts nothing on the queue: for whoever goes on with the row at once. */
export const save = (
  { store }: Pick<BrokerDeps, 'store'>,
  requestId: string,
  command: CommandOf,
  actor: Actor,
  facts: Facts = NO_FACTS,
): Promise<Changed> => {
  const wanted =
    typeof command !== 'function' && command.type === 'request' ? historyOf(command.input, actor, facts) : undefined;
  return store.change(
    requestId,
    actorName(actor),
    (row, now, head, frozen, history) => {
      const known = typeof command === 'function' ? command(row, now, head) : command;
      return decide(row?.request, known, actor, { ...facts, frozen, history }, now);
    },
    wanted,
  );
};

/**
 * The only door: one transaction decides and saves, then everything that must happen next goes on the queue.
 * A queue that does not answer changes nothing: the commit stands, the work is derived again and added within seconds,
 * and by the sweep.
 */
export async function apply(
  deps: Pick<BrokerDeps, 'store' | 'schedule' | 'logger'>,
  requestId: string,
  command: CommandOf,
  actor: Actor,
  facts: Facts = NO_FACTS,
): Promise<Changed> {
  const changed = await save(deps, requestId, command, actor, facts).catch((error: unknown) => {
    // Perhaps it was recorded: then its work is on no queue either.
    if (error instanceof Failure && error.code === 'COMMIT_UNKNOWN') deps.schedule.addAgain?.(requestId);
    throw error;
  });
  if (changed.ok) await enqueue(deps, changed.row);
  return changed;
}

type Queueing = Pick<BrokerDeps, 'schedule' | 'logger'>;

/** Puts everything a row needs on the queue. What only tells people comes after the rest, and nobody waits for it. */
export async function enqueue(deps: Queueing, row: Row): Promise<void> {
  await add(
    deps,
    row,
    workFor(row).filter(({ name }) => !TELLING.has(name)),
  );
  enqueueNotifications(deps, row);
}

/** Puts on the queue what people must be told of a row. */
export function enqueueNotifications(deps: Queueing, row: Row): void {
  const telling = workFor(row).filter(({ name }) => TELLING.has(name));
  void add(deps, row, telling);
}

/** Puts on the queue what comes after the work of this name that was just done for a row which it left as it was. */
export async function enqueueNext(deps: Queueing, row: Row, name: WorkName, now: Date): Promise<void> {
  await add(
    deps,
    row,
    workFor(row, now).filter((work) => work.name === name),
    now,
  );
}

async function add(
  { schedule, logger }: Queueing,
  row: Row,
  works: readonly Work[],
  now: Date = row.updatedAt,
): Promise<void> {
  if (works.length === 0) return;
  try {
    await schedule.add(works, now);
  } catch (error) {
    const requestId = row.request.details.id;
    schedule.addAgain?.(requestId);
    logger.warn({ requestId, why: String(error) }, 'the queue did not take the work of a row; it is added again soon');
  }
}
