import { addSeconds } from './decision.ts';
import type { AccessRequest } from './request.ts';

type Pending = Extract<AccessRequest, { state: 'pending' }>;

/** Whom a step of escalation asks: on-call approvers again, then everybody else who could approve, then the commander. */
export type Tier = 'on_call' | 'everybody' | 'commander';

/** One step asks no more people than this. */
export const REMIND_MAX = 10;

/** The steps while nobody answers, in order, each with its distance from asking in seconds (B6). */
function stepsOf({ ask }: Pending): readonly { readonly tier: Tier; readonly after: number }[] {
  const { remindSeconds, remindAgainSeconds, escalateSeconds, commanderSeconds } = ask.terms.timings;
  return [
    { tier: 'on_call', after: remindSeconds },
    { tier: 'on_call', after: remindAgainSeconds },
    { tier: 'everybody', after: escalateSeconds },
    { tier: 'commander', after: commanderSeconds },
  ];
}

/** The next step and when it is due, or undefined when all were made. */
export function nextStep(request: Pending) {
  const number = request.reminded ?? 0;
  const step = stepsOf(request)[number];
  return step && { number, tier: step.tier, dueAt: addSeconds(request.ask.askedAt, step.after) };
}

/** Somebody who could fill an open clause now. */
export interface Able {
  readonly id: string;
  readonly onCall: boolean;
}

/**
 * Whom this step asks. `able` are those who could fill what is still open, or undefined when the directory did not
 * answer: then those are asked who could when the request was made.
 */
export function peopleToRemind(request: Pending, tier: Tier, able: readonly Able[] | undefined): readonly string[] {
  const { ask, approvals, escalatedTo = [] } = request;
  if (tier === 'commander') return [ask.commander.id];
  const known = able ?? ask.deciders.map(({ id }) => ({ id, onCall: ask.invite.includes(id) }));
  const answered = approvals.map(({ by }) => by.id);
  const wanted = known.filter(({ id }) => !answered.includes(id) && id !== ask.requester.id);
  const told = [...ask.invite, ...escalatedTo];
  const chosen = wanted.filter(({ id, onCall }) => (tier === 'on_call' ? onCall : !onCall && !told.includes(id)));
  return [...new Set(chosen.map(({ id }) => id))].slice(0, REMIND_MAX);
}
