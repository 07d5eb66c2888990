import type { State } from './request.ts';

export const ACTIONS = ['approve', 'deny', 'withdraw', 'end'] as const;
export type Action = (typeof ACTIONS)[number];

/** Where each action is open. Every button, in every chat, is drawn from this table; a test holds it to `decide`. */
const OPEN_IN = {
  approve: ['pending'],
  deny: ['pending'],
  withdraw: ['pending', 'granting'],
  end: ['granting', 'active'],
} as const satisfies Record<Action, readonly State[]>;

/** What somebody can do in this state, in the order the buttons appear. `decide` has the last word on who. */
export const actionsIn = (state: State): readonly Action[] =>
  ACTIONS.filter((action) => (OPEN_IN[action] as readonly State[]).includes(state));
