import type { Actor, Command } from '../core/command.ts';
import { decide } from '../core/decide.ts';
import { actorName } from '../core/decision.ts';
import { type Facts, NO_FACTS } from '../core/facts.ts';
import type { Head } from '../core/log.ts';
import { type Row, workFor } from '../core/work.ts';
import type { Changed } from '../ports/store.ts';
import type { BrokerDeps } from './deps.ts';

/** A command, or how to make one from the row, the store's clock and the stream's head, inside the transaction. */
export type CommandOf = Command | ((row: Row | undefined, now: Date, head: Head) => Command);

/**
 * The only door: one transaction decides and saves, then everything that must happen next goes on the queue.
 * A queue that does not answer changes nothing: the commit stands, and the sweep derives the work again.
 */
export async function apply(
  deps: Pick<BrokerDeps, 'store' | 'schedule' | 'logger'>,
  requestId: string,
  command: CommandOf,
  actor: Actor,
  facts: Facts = NO_FACTS,
): Promise<Changed> {
  const changed = await deps.store.change(requestId, actorName(actor), (row, now, head, frozen) => {
    const known = typeof command === 'function' ? command(row, now, head) : command;
    return decide(row?.request, known, actor, { ...facts, frozen }, now);
  });
  if (changed.ok) await enqueue(deps, changed.row);
  return changed;
}

/** Puts everything a row needs on the queue. */
export async function enqueue(deps: Pick<BrokerDeps, 'schedule' | 'logger'>, row: Row): Promise<void> {
  try {
    await deps.schedule.add(workFor(row), row.updatedAt);
  } catch (error) {
    deps.logger.warn(
      { requestId: row.request.ask.id, why: String(error) },
      'the queue did not answer; the sweep will do it',
    );
  }
}
