import { plural } from './phrase.ts';

/** What stands on each form besides its fields. */
export const FORM_WORDS = {
  request: { title: 'Emergency access', submit: 'Ask', close: 'Cancel' },
  approve: { title: 'Approve access', submit: 'Approve', close: 'Back' },
  deny: { title: 'Deny access', submit: 'Deny', close: 'Back' },
  extend: { title: 'More time', submit: 'Ask', close: 'Back' },
  attest: { title: 'Attest the ending', submit: 'Attest', close: 'Back' },
} as const;

/** Closes a form that only says something. */
export const CLOSE = 'Close';

/** The fields of the request form. */
export const REQUEST_FIELDS = {
  incident: { label: 'Incident', placeholder: 'INC-1234' },
  runbook: { label: 'Runbook', placeholder: 'Fills in role, time and reason' },
  role: { label: 'Role', placeholder: 'What you need' },
  reason: { label: 'Reason', placeholder: 'Why it is needed' },
  purpose: { label: 'Purpose', placeholder: 'What you will do with it' },
  minutes: { label: 'For how long' },
  commander: { label: 'Incident commander', placeholder: 'Who leads the incident' },
} as const;

export const DENY_FIELD = { label: 'Why not', placeholder: 'The requester and the channel read this' } as const;
export const EXTEND_FIELD = { label: 'How much more' } as const;
export const ATTEST_FIELD = {
  label: 'How you know that the access ended',
  placeholder: 'What you looked at, and what you found',
} as const;

/** How long a role is given for at most, behind its name in a menu. */
export const upTo = (minutes: number): string => `, up to ${plural(minutes, 'minute')}`;

/** Under a menu that could not hold all: how to name one of the others. */
export function notFittingWords(left: number, noun: string): string {
  const fits = left === 1 ? `more ${noun} does` : `more ${noun}s do`;
  return `${left} ${fits} not fit into this menu: type /breakglass and the ${noun}'s id to ask for one of them.`;
}

export const useWhen = (trigger: string): string => `Use it when: ${trigger}`;
export const otherwise = (escalation: string): string => `If it does not help: ${escalation}`;
export const itAllows = (allows: string): string => `It allows: ${allows}`;
export const APPROVALS_NEEDED = 'Approvals it needs';
export const HOW_IT_ENDS = 'How it ends';
export const NOBODY_CAN_FILL = 'Nobody can fill all of these at the same time now: phone before you wait.';
export const NOTHING_UNVERIFIED = 'In this zone nothing opens while the incident source does not answer.';

/** What a denial does: to a request, or to more time on it. */
export const denialCloses = (role: string, waiting: 'request' | 'more time'): string =>
  waiting === 'request'
    ? `Denying closes the request for ${role} at once, for everybody.`
    : `Denying says no to more time on ${role}, for everybody. The access goes on to the end that it has.`;

export const ATTEST_MEANING =
  'Two security people who neither asked for this access nor approved it can close it without proof, after its planned end. ' +
  'It is recorded as not compliant. Look into the cloud account first; what you found there belongs below.';

export const OLD_END_STAYS = '. That end stays until more time is approved and the cloud has taken it.';
export const mostMinutes = (minutes: number): string =>
  `In all this role allows ${plural(minutes, 'minute')} for one request.`;
