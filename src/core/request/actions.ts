import { extensionAwaited, whyNotExtend } from './extension.ts';
import type { AccessRequest } from './request.ts';

/** What people can do with a request, in the order of the buttons. */
export const ACTIONS = ['approve', 'deny', 'extend', 'withdraw', 'end', 'attest'] as const;
export type Action = (typeof ACTIONS)[number];

/** Where each action is open. Every button, in every chat, is drawn from this table; a test holds it to `decide`. */
const OPEN: Readonly<Record<Action, (request: AccessRequest) => boolean>> = {
  approve: (request) => request.state === 'pending' || extensionAwaited(request),
  deny: (request) => request.state === 'pending' || extensionAwaited(request),
  extend: (request) => request.state === 'active' && whyNotExtend(request) === undefined,
  withdraw: ({ state }) => state === 'pending' || state === 'granting',
  end: ({ state }) => state === 'granting' || state === 'active',
  // Only where endings fail: it is nobody's first thought, and `decide` keeps it shut until the planned end is past.
  attest: (request) => request.state === 'revoking' && request.failures > 0,
};

/** What somebody can do with a request as it is, in the order the buttons appear. `decide` has the last word on who. */
export const actionsIn = (request: AccessRequest): readonly Action[] =>
  ACTIONS.filter((action) => OPEN[action](request));
