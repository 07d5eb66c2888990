import type { Order } from '../../src/core/command.ts';
import { decide } from '../../src/core/decide.ts';
import { actorName } from '../../src/core/decision.ts';
import type { Row } from '../../src/core/work.ts';
import type { Changed, Store } from '../../src/ports/store.ts';
import { after, okFacts, type Step, storyOf } from '../support/requests.ts';

/** One step of a story through the store; `now` is the store's clock plus what the story has waited so far. */
export const play = (store: Store, id: string, step: Step, waitedMs = 0, actor = 'system:test'): Promise<Changed> =>
  store.change(id, actor, (row, clock) => {
    const now = after(clock, waitedMs);
    const command = step.command(row?.request, now);
    const facts = okFacts(now);
    if (command.type !== 'request') return decide(row?.request, command, step.actor, facts, now);
    // Each incident is one that the source knows, under that name.
    const value = { id: command.order.incident, title: '', state: 'open' as const };
    return decide(row?.request, command, step.actor, { ...facts, incident: { ok: true, value, at: now } }, now);
  });

/** A request of this store in the wanted state. */
export async function playTo(
  store: Store,
  state: Step['state'],
  { id, order = {} }: { id: string; order?: Partial<Order> },
): Promise<Row> {
  const steps = storyOf(id, order);
  let waited = 0;
  let row: Row | undefined;
  for (const step of steps.slice(0, steps.findLastIndex((one) => one.state === state) + 1)) {
    waited += step.after;
    const changed = await play(store, id, step, waited);
    if (!changed.ok) throw new Error(`refused ${step.state}: ${changed.refusal.code}`);
    row = changed.row;
  }
  if (row === undefined) throw new Error(`the story has no ${state}`);
  return row;
}

/** Access that is open, by who did each step and at the store's own time: a row that its events explain. */
export async function openNow(store: Store, id: string, order: Partial<Order>): Promise<void> {
  const steps = storyOf(id, order);
  for (const step of steps.slice(0, steps.findIndex(({ state }) => state === 'active') + 1)) {
    const changed = await play(store, id, step, 0, actorName(step.actor));
    if (!changed.ok) throw new Error(`refused ${step.state}: ${changed.refusal.code}`);
  }
}
