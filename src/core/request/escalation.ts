import { addSeconds } from './decision.ts';
import type { AccessRequest, Party } from './request.ts';

type Pending = Extract<AccessRequest, { state: 'pending' }>;

/** Whom a step of escalation asks: on-call approvers again, then everybody else who could approve, then the commander. */
export type Tier = 'on_call' | 'everybody' | 'commander';

/** One step asks no more people than this. */
export const REMIND_MAX = 10;

/** The steps while nobody answers, in order, by the name of their setting: seconds from asking (B6). */
export const STEPS = [
  { tier: 'on_call', setting: 'remindSeconds' },
  { tier: 'on_call', setting: 'remindAgainSeconds' },
  { tier: 'everybody', setting: 'escalateSeconds' },
  { tier: 'commander', setting: 'commanderSeconds' },
] as const satisfies readonly { readonly tier: Tier; readonly setting: string }[];

/** The next step and when it is due, or undefined when all were made. */
export function nextStep({ details, reminded: number = 0 }: Pending) {
  const step = STEPS[number];
  if (step === undefined) return undefined;
  return { number, tier: step.tier, dueAt: addSeconds(details.askedAt, details.terms.timings[step.setting]) };
}

/**
 * The step to make now, or undefined where none is due. After an outage several may be: one that only reminds again is
 * passed over for the step after it, if that is due too, so that nobody is written to twice at one instant.
 */
export function stepDue(request: Pending, now: Date): ReturnType<typeof nextStep> {
  const step = nextStep(request);
  if (step === undefined || now < step.dueAt) return undefined;
  const later = stepDue({ ...request, reminded: step.number + 1 }, now);
  return later !== undefined && step.tier === 'on_call' ? later : step;
}

/** The next step, if it comes before the request lapses. */
export function stepInTime(request: Pending) {
  const step = nextStep(request);
  return step !== undefined && step.dueAt < request.details.decideBy ? step : undefined;
}

/** Somebody who could fill an open clause now. */
export interface Able extends Party {
  /** On call for it, or the one person whom the clause names. */
  readonly first: boolean;
}

/**
 * Whom this step asks. `able` are those who could fill what is still open, or undefined when the directory did not
 * answer: then those are asked who could when the request was made.
 */
export function peopleToRemind(request: Pending, tier: Tier, able: readonly Able[] | undefined): readonly Party[] {
  const { details, approvals, escalatedTo = [], alsoDeciders = [] } = request;
  if (tier === 'commander') return [details.commander];
  const known =
    able ??
    [...details.deciders, ...alsoDeciders].map(
      (party): Able => ({ ...party, first: details.invite.includes(party.id) }),
    );
  const answered = approvals.map(({ by }) => by.id);
  const notified = [...details.invite, ...escalatedTo.map(({ id }) => id)];
  const chosen = known
    .filter(({ id }) => !answered.includes(id))
    .filter(({ id, first }) => (tier === 'on_call' ? first : !notified.includes(id)));
  return [...new Map(chosen.map(({ id, name, keys }) => [id, { id, name, keys }])).values()].slice(0, REMIND_MAX);
}
