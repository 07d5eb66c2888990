import type { StoredEvent } from '../events.ts';
import { frozenAgain, THAW_NEEDS } from '../request/decide-freeze.ts';
import type { Freeze, Lift } from '../request/freeze.ts';

/** Kinds of events in the system stream that explain a row: of the freeze, and of policies. */
export const EXPLAINING = ['policy_changed', 'openings_frozen', 'thaw_requested', 'openings_thawed'] as const;

/** The freeze that events leave, or the first event that fits none, and why. */
export type ReplayedFreeze =
  | { readonly ok: true; readonly freeze: Freeze | undefined }
  | { readonly ok: false; readonly seq: number; readonly why: string };

/** The freeze that these events of the system stream leave, in order and from its first; others among them count for nothing. */
export function replayFreeze(events: readonly StoredEvent[]): ReplayedFreeze {
  let freeze: Freeze | undefined;
  for (const event of events) {
    const next = after(freeze, event);
    if (typeof next === 'string') return { ok: false, seq: event.seq, why: next };
    freeze = next;
  }
  return { ok: true, freeze };
}

function after(current: Freeze | undefined, { type, at, data }: StoredEvent): Freeze | undefined | string {
  switch (type) {
    case 'openings_frozen': {
      const { by: id, name, reason, all } = data;
      const word = { at, by: { id, name }, reason, all, lifts: [] } as unknown as Freeze;
      if (typeof reason !== 'string') return 'freezes without a reason';
      return current === undefined ? word : frozenAgain(current, word);
    }
    case 'thaw_requested': {
      if (current === undefined) return 'lifts what is not frozen';
      const { by: id, name, keys, key, dropped } = data;
      const gone = (Array.isArray(dropped) ? dropped : []).map((one) => (one as { readonly id: string }).id);
      const kept = current.lifts.filter(({ by }) => !gone.includes(by.id));
      return { ...current, lifts: [...kept, { by: { id, name, keys }, key, at } as unknown as Lift] };
    }
    case 'openings_thawed': {
      const by = Array.isArray(data.by) ? data.by.map((one) => (one as { readonly id: string }).id) : [];
      // The last of them says so here; the others said so before.
      const said = current?.lifts.filter((lift) => by.includes(lift.by.id)).length ?? 0;
      return new Set(by).size >= THAW_NEEDS && said >= THAW_NEEDS - 1 ? undefined : 'lifts by fewer than two people';
    }
    default:
      return current;
  }
}
