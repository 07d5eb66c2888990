import type { Actor, Command, CommandName } from './command.ts';
import type { Refusal } from './refusal.ts';
import type { AccessRequest, State } from './request.ts';

/** A state of a request, or `none` while nothing was asked yet. */
export type Stage = State | 'none';

interface Transition {
  /** Which kinds of actors may send it; which person or job it must be is the command's own rule. */
  readonly from: readonly Actor['type'][];
  readonly in: readonly Stage[];
}

const JOB = ['system'] as const;
const ANY_STATE = ['pending', 'granting', 'active', 'revoking', 'closed'] as const;

/**
 * Who may send each command, and in which states. `decide` asks this table before anything else, and its parts receive
 * only what stands here. A property holds it to `decide` in both directions: what is not here is never accepted, and
 * everything that is here is accepted with some facts.
 */
export const TRANSITIONS = {
  request: { from: ['person'], in: ['none'] },
  // Approved and denied is the request itself, or more time on it.
  approve: { from: ['person'], in: ['pending', 'active'] },
  deny: { from: ['person'], in: ['pending', 'active'] },
  withdraw: { from: ['person'], in: ['pending', 'granting'] },
  lapse: { from: ['operator', 'system'], in: ['pending'] },
  issue: { from: JOB, in: ['granting'] },
  // What the cloud confirms too late is recorded, and changes nothing.
  grant_confirmed: { from: JOB, in: ['granting', 'revoking', 'closed'] },
  grant_failed: { from: JOB, in: ['granting'] },
  extend: { from: ['person'], in: ['active'] },
  lapse_extension: { from: ['operator', 'system'], in: ['active'] },
  issue_extension: { from: JOB, in: ['active'] },
  extension_confirmed: { from: JOB, in: ['active', 'revoking', 'closed'] },
  extension_failed: { from: JOB, in: ['active'] },
  end: { from: ['person', 'operator', 'system'], in: ['granting', 'active'] },
  expire: { from: ['operator', 'system'], in: ['active'] },
  bar_requester: { from: JOB, in: ['granting', 'active'] },
  end_frozen: { from: JOB, in: ['granting', 'active'] },
  note_freeze: { from: JOB, in: ['pending'] },
  lost: { from: JOB, in: ['active'] },
  revoke_confirmed: { from: JOB, in: ['revoking'] },
  sessions_confirmed: { from: JOB, in: ['revoking'] },
  revoke_failed: { from: ['operator', 'system'], in: ['revoking'] },
  removal_lost: { from: JOB, in: ['revoking'] },
  altered: { from: JOB, in: ['active'] },
  closed_again: { from: JOB, in: ['closed'] },
  attest: { from: ['person'], in: ['revoking'] },
  warn: { from: JOB, in: ['active'] },
  invited: { from: JOB, in: ANY_STATE },
  remind: { from: JOB, in: ['pending'] },
  page_begun: { from: JOB, in: ['revoking'] },
  // Somebody may be reached after the ending was proven.
  paged: { from: JOB, in: ['revoking', 'closed'] },
  stood_down: { from: JOB, in: ['closed'] },
  approver_changed: { from: JOB, in: ANY_STATE },
  action_refused: { from: JOB, in: ANY_STATE },
  turned_away: { from: JOB, in: ['pending', 'active'] },
  tombstone_deleted: { from: JOB, in: ['closed'] },
} as const satisfies Readonly<Record<CommandName, Transition>>;

type Table = typeof TRANSITIONS;
type StageOf<S extends Stage> = S extends State ? Extract<AccessRequest, { state: S }> : undefined;

/** The request as it stands wherever this command is sent. */
export type RequestFor<C extends CommandName> = StageOf<Table[C]['in'][number]>;
/** Whoever may send this command. */
export type SenderOf<C extends CommandName> = Extract<Actor, { type: Table[C]['from'][number] }>;
export type CommandOf<C extends CommandName> = Extract<Command, { type: C }>;

/** Why the table has no place for this command from this kind of actor in this state; undefined where it has one. */
export function outOfPlace(
  request: AccessRequest | undefined,
  command: CommandName,
  actor: Actor['type'],
): Refusal | undefined {
  const { from, in: stages }: Transition = TRANSITIONS[command];
  if (request === undefined && command !== 'request') return { code: 'unknown_request' };
  if (!from.includes(actor)) return { code: from.join() === 'person' ? 'actor_not_person' : 'not_yours' };
  if (stages.includes(request?.state ?? 'none')) return undefined;
  return { code: 'not_in_this_state', ...(request && { detail: { state: request.state } }) };
}
