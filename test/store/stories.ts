import type { RequestInput } from '../../src/core/request/command.ts';
import { decide } from '../../src/core/request/decide.ts';
import { actorName } from '../../src/core/request/decision.ts';
import type { Row } from '../../src/core/request/work.ts';
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
    const value = { id: command.input.incident, title: '', state: 'open' as const };
    return decide(row?.request, command, step.actor, { ...facts, incident: { ok: true, value, at: now } }, now);
  });

/** A request of this store in the wanted state. */
export async function playTo(
  store: Store,
  state: Step['state'],
  { id, input = {} }: { id: string; input?: Partial<RequestInput> },
): Promise<Row> {
  const steps = storyOf(id, input);
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
export async function openNow(store: Store, id: string, input: Partial<RequestInput>): Promise<void> {
  const steps = storyOf(id, input);
  for (const step of steps.slice(0, steps.findIndex(({ state }) => state === 'active') + 1)) {
    const changed = await play(store, id, step, 0, actorName(step.actor));
    if (!changed.ok) throw new Error(`refused ${step.state}: ${changed.refusal.code}`);
  }
}
