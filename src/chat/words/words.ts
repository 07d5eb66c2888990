import type { Action } from '../../core/request/actions.ts';
import type { RefusalCode } from '../../core/request/refusal.ts';
import type { EndCause, Outcome } from '../../core/request/request.ts';
import { oneLine } from './phrase.ts';

type Detail = Readonly<Record<string, string>>;

/** Whom it is about, where the refusal names somebody other than the reader. */
const who = (detail: Detail, self: string, other: string): string => (detail.who ? `${detail.who} ${other}` : self);

const instantWords = (at: string | undefined): string =>
  at === undefined ? 'an unknown time' : `${at.slice(0, 16).replace('T', ' ')} UTC`;

/** Who froze openings, since when and why. What somebody typed stands last, where it ends with their own words. */
export function frozenWords(
  { by = 'security', at, reason = '', again, againAt, widened }: Detail,
  tense: 'are' | 'were' = 'are',
): string {
  const first = `${oneLine(by, 80)}${at === undefined ? '' : ` since ${instantWords(at)}`}`;
  const how = widened === undefined ? 'again' : 'and for everything open';
  const second = again === undefined ? '' : `, ${how} by ${oneLine(again, 80)} since ${instantWords(againAt)}`;
  return `Openings ${tense} frozen by ${first}${second}${reason === '' ? '' : ` (${oneLine(reason, 300)})`}.`;
}

/** Every refusal in words: what happened, then what to do. A code without words does not compile. */
export const REFUSALS = {
  no_incident: () => 'No incident was named. Emergency access is given for an incident only: open one, then ask again.',
  incident_not_found: () => 'The incident source knows no such incident. Check the id, or open the incident first.',
  incident_closed: () => 'That incident is closed. Reopen it or name the open one, then ask again.',
  incident_unclear: () =>
    'The incident source is up, but gave no usable answer about this incident. Check the id, letter by letter. If it is right, try again in a minute, and tell whoever runs the incident source; or phone.',
  incident_unverified: () =>
    'The incident source does not answer, and this zone opens nothing for an incident that could not be checked. Try again in a minute, or phone.',
  severity_unknown: ({ zone = '', wanted = '' }) =>
    `Zone ${zone} opens only for an incident of severity ${wanted} or worse (1 is the worst), and the incident source does not say how severe this one is. Set its severity there, then try again in a minute; or phone.`,
  severity_too_low: ({ zone = '', wanted = '', severity = '' }) =>
    `Zone ${zone} opens only for an incident of severity ${wanted} or worse (1 is the worst), and this one is of severity ${severity}. Choose a role of a lower zone; or, if it is worse than that, change its severity first.`,
  unknown_role: () => 'There is no such role. Choose one from the list.',
  unknown_runbook: () => 'That runbook does not belong to this role. Choose another, or none.',
  over_scope: (detail) =>
    detail.teams
      ? `Your teams may not ask for this role; these may: ${detail.teams}. Ask one of them, or choose another role.`
      : 'The requester’s teams may not ask for this role any more. Somebody of a team that may must ask.',
  over_long: (detail) =>
    detail.max
      ? `That is longer than this role allows (at most ${detail.max} minutes). Choose one of the offered times.`
      : 'That time is not offered for this role. Choose one of the offered times.',
  bad_reason: () => 'That is not a reason code. Choose one from the list.',
  bad_purpose: () => 'Say in 3 to 1,000 characters what you will do with the access.',
  unknown_commander: () => 'The directory does not know that person as active. Name the incident commander again.',
  no_cloud_identity: () =>
    'The directory links no cloud identity, or another one than before, so there is nobody to give the access to. Ask the platform team to link it.',
  already_asked: ({ id = '?', state = '' }) =>
    `You asked for this role for this incident already: request ${id} ${SAME_NOW[state] ?? 'stands'}. /breakglass status ${id} shows it. Go on with that one; withdraw or end it first if you need another.`,
  too_many_pending: ({ max = '?', ids = '' }) =>
    `You have ${max} requests that wait for an answer, and no more may wait at once. Withdraw one that you do not need, or wait${ids === '' ? '' : `: ${ids}`}.`,
  too_many_objects: ({ account = 'that account', objects = '?', max = '?' }) =>
    `You have ${objects} accesses in account ${account}, and one person may have ${max}. Each counts until what it left is deleted, some hours after its end was due; an ended one gives no access meanwhile. Whoever applies the policy (ask the platform team) can raise requests.maxObjects, or somebody else must ask.`,
  actor_not_person: () => 'Only a person in the chat can do that. Use the buttons on the card.',
  unknown_person: (detail) =>
    who(
      detail,
      'The directory does not know your chat account. Ask the platform team to link it.',
      'is not in the directory any more. Somebody else must ask.',
    ),
  ambiguous_person: () =>
    'The directory links your chat account to more than one person, and two matches are a no. Ask the platform team to correct it.',
  suspended: (detail) =>
    who(
      detail,
      'The directory lists you as suspended. Ask the platform team.',
      'is suspended in the directory. Somebody else must ask.',
    ),
  no_team: (detail) =>
    who(
      detail,
      'The directory lists you in no team, so nobody can be told to be outside it. Ask the platform team.',
      'is in no team any more. Somebody else must ask.',
    ),
  account_guest: () => 'Guests can neither ask nor approve. Somebody with a full account must do it.',
  account_bot: () => 'Bots can neither ask nor approve. A person must do it.',
  account_deleted: () => 'That chat account is deactivated. Somebody with an active account must do it.',
  account_stranger: () =>
    'People of another organisation can neither ask nor approve here. Somebody of this one must do it.',
  account_unavailable: () =>
    'The chat did not say who you are just now, and a failed look-up is a no. Nothing was recorded; press again in a minute.',
  installation_unavailable: () =>
    'The database did not say whether this installation may open anything, so it opens nothing. Nothing was recorded; try again in a minute.',
  directory_unavailable: () =>
    'The directory does not answer, and nothing opens without it. Nothing was recorded; try again in a minute, or phone.',
  policy_unavailable: () =>
    'No policy could be read, and nothing opens without one. Nothing was recorded; try again in a minute, or phone.',
  target_unavailable: () => 'The cloud account did not answer, so nothing was opened. Ask again, or phone.',
  stale_facts: () => 'What was looked up is too old to decide by. Nothing was recorded; press again.',
  opening_off: () =>
    'This installation opens nothing at the moment; endings go on. The platform team must look at it; phone if it is urgent.',
  no_clauses: () =>
    'This role names no approvals, and that never means "none needed". The platform team must correct it.',
  step_up_unavailable: () =>
    'This role wants a second sign-in, which cannot be given yet. The platform team must change the clause.',
  terms_changed: () => 'The policy of this role changed after it was asked for. The requester must ask again.',
  look_again: () => 'The terms changed since this was drawn. Look at them again, then decide.',
  not_a_card: () =>
    'That message is not a card of this request, so the click does not count. Use the buttons on the card in the channel.',
  self_approval: () => 'You asked for this, so you cannot approve it.',
  same_team: () => 'You share a team with the requester, or did since it was asked, so your approval cannot count.',
  not_eligible: () => 'You are in none of the groups that this approval wants.',
  already_approved: () => 'You have already approved this. One person counts once.',
  clause_filled: () => 'The places you could fill are already filled. What is still open wants somebody else.',
  turned_unverified: () =>
    'The incident source went down after the approvals were given, so one more person would have to say yes, and nobody was asked. Ask again: whoever that is is asked then.',
  approvals_missing: () => 'An approval stopped counting before the access was opened. Ask again.',
  clock_apart: (detail) =>
    `The cloud's clock is ${detail.seconds ?? 'too many'} seconds from ours, so nothing was opened. The platform team must look at it.`,
  room_short: (detail) =>
    `The cloud account is nearly full (${detail.used ?? '?'} of ${detail.quota ?? '?'} ${detail.what ?? 'objects'}), so nothing was opened. The platform team must make room.`,
  already_held: (detail) =>
    `The cloud keeps this access once for each person, and it is there already, as ${detail.name ?? 'another object'}, so nothing was opened. If that is of your own request, ask for more time on it; or ask again once it ended.`,
  definition_changed: () =>
    'A permission document in the cloud differs from what was reviewed, so nothing was opened. The platform team must look at it.',
  plan_mismatch: () => 'The plan did not fit the request, so nothing was opened. Ask again.',
  decision_window_closed: () => 'Too late: the time to decide is over. The requester must ask again.',
  grant_window_closed: () => 'The access could not be opened in time, so it was not opened at all. Ask again.',
  not_due: (detail) =>
    detail.at === undefined
      ? 'That is not due yet.'
      : `Not before ${instantWords(detail.at)}: I keep trying until then${detail.nativeEnd === 'scheduled' ? '' : ', and from then on the cloud itself refuses'}. Come back after it.`,
  not_in_this_state: (detail) =>
    STATE_NOW[detail.state ?? ''] ?? 'Too late: this request has moved on. Look at its card.',
  not_proven: () => 'That is not proven yet.',
  not_yours: () => 'You cannot do that on this request.',
  frozen: (detail) =>
    `${frozenWords(detail)} Nothing is opened until two security people lift it. Phone security if it cannot wait.`,
  extension_pending: () => 'More time was asked for already. Wait for the answer on the card.',
  too_late_to_extend: () =>
    'Too late: the access is about to end, and more time could not be approved before. Make safe what you are doing, then ask anew.',
  over_total: (detail) =>
    `That is more than this role allows in all (${detail.max ?? '?'} minutes; ${detail.left ?? '0'} are left). Choose a shorter time, or ask anew after it ended.`,
  not_security: () => 'Only people of the security group can do that. Ask one of them, or phone.',
  already_frozen: (detail) =>
    `${frozenWords(detail)} Nothing was changed${detail.all ? '' : '; /breakglass freeze all also ends what is open'}.`,
  not_frozen: () => 'Openings are not frozen, so nothing was changed.',
  freeze_over: () =>
    'That freeze was lifted meanwhile, so nothing was changed. To freeze again and end everything that is open, type /breakglass freeze all.',
  already_said: () => 'You have said so already. Another security person must say it too.',
  was_involved: () =>
    'You asked for this access or approved it, so your word cannot close it. Another security person must attest it.',
  bad_statement: () => 'Say in 3 to 1,000 characters how you know that the access ended.',
  unknown_request: () => 'There is no such request. Type /breakglass list to see those that are open.',
} as const satisfies Record<RefusalCode, (detail: Detail) => string>;

const SAME_NOW: Readonly<Record<string, string>> = {
  pending: 'waits for its approvals',
  granting: 'is being opened',
  active: 'is open',
};

const STATE_NOW: Readonly<Record<string, string>> = {
  pending: 'This request is still waiting for its approvals.',
  granting: 'Already approved: the access is being opened.',
  active: 'Already approved: the access is open. It can be ended.',
  extension_failed:
    'The cloud did not take more time on this access. Make safe what you are doing before it ends, then ask anew.',
  extension_frozen:
    'Openings were frozen while more time was being written, so this access gets none. Make safe what you are doing before it ends; ask anew once the freeze is lifted.',
  revoking: 'Too late: the access is being taken away.',
  closed: 'Too late: this request is closed. Ask again if access is still needed.',
};

/** The words of one refusal. `detail.chat` is another chat than the one that was used, whose word counts in every one. */
export const refusalWords = (code: RefusalCode, detail: Detail = {}): string =>
  (detail.chat ? `What ${detail.chat} says of an account counts in every chat. ` : '') + REFUSALS[code](detail);

/** Why somebody may not read what was asked here. What is theirs to end is never kept from them. */
export const readingWords = (code: RefusalCode): string => READING[code] ?? refusalWords(code);

const READING: Readonly<Partial<Record<RefusalCode, string>>> = {
  account_guest: 'Guests read nothing here. Somebody with a full account must look.',
  account_bot: 'Bots read nothing here. A person must look.',
  account_deleted: 'That chat account is deactivated, so it reads nothing here.',
  account_stranger: 'People of another organisation read nothing here. Somebody of this one must look.',
  no_team: 'The directory lists you in no team, so you read nothing here. Ask the platform team.',
  account_unavailable: 'The chat did not say who you are just now. Try again in a minute.',
  directory_unavailable: 'The directory does not answer, so I cannot tell who you are. Try again in a minute.',
  policy_unavailable: 'No policy could be read, so I cannot tell who you are. Try again in a minute.',
};

/** Look-ups that failed: who somebody is may be known in a minute. */
export const UNANSWERED_READING: ReadonlySet<RefusalCode> = new Set([
  'account_unavailable',
  'directory_unavailable',
  'policy_unavailable',
]);

/** The words of a reason that an event names: a refusal's code, or one of the few that only a grant knows. */
export function whyWords(code: string, detail: Detail = {}): string {
  if (code === 'too_little_time_left') return 'Too little of the time was left when it was open. Ask again.';
  return isRefusal(code) ? refusalWords(code, detail) : `The cloud did not do it (${code}). Ask again, or phone.`;
}

/**
 * Why an access gets no more time. Once the new end may have been written (`plannedEnd`), none can be asked for again;
 * before, it can.
 */
export function noMoreTimeWords(code: string, detail: Detail = {}): string {
  if (code === 'ended_first') return 'The access ended before more time was confirmed.';
  const planned = detail.plannedEnd !== undefined;
  const never = 'More time cannot be asked for on this access again: make safe what you are doing';
  if (code === 'frozen') {
    const next = planned ? `${never}. Once two security people lift it, ask anew.` : ONCE_LIFTED;
    return `${frozenWords(detail)} ${next} Phone security if it cannot wait.`;
  }
  const own = NO_MORE_TIME[code];
  if (own !== undefined) return own;
  if (isRefusal(code)) return refusalWords(code, detail);
  return planned
    ? `The cloud did not take it (${code}). ${never}, then ask anew.`
    : `The new end could not be planned (${code}), so nothing was written. The platform team must look at it; phone if it is urgent.`;
}

/** Where the words of the refusal speak of an opening: this access is open. */
const NO_MORE_TIME: Readonly<Record<string, string>> = {
  turned_unverified:
    'The incident source went down after more time was approved, so one more person would have to say yes, and nobody was asked. More time can be asked for again.',
  approvals_missing: 'An approval stopped counting before the new end was written. More time can be asked for again.',
  clock_apart: 'The cloud’s clock is too far from ours, so no new end was written. The platform team must look at it.',
  definition_changed:
    'A permission document in the cloud differs from what was reviewed, so no new end was written. The platform team must look at it.',
};

const ONCE_LIFTED = 'More time can be asked for again once two security people lift it.';

const isRefusal = (code: string): code is RefusalCode => Object.hasOwn(REFUSALS, code);

/** Refusals of an approval after which it helps to hear who else can give it. */
export const OTHERS_CAN: ReadonlySet<RefusalCode> = new Set([
  'self_approval',
  'same_team',
  'not_eligible',
  'already_approved',
  'clause_filled',
  'unknown_person',
  'ambiguous_person',
  'suspended',
  'no_team',
  'account_guest',
  'account_bot',
  'account_deleted',
  'account_stranger',
  'step_up_unavailable',
]);

export const BUTTONS = {
  approve: { label: 'Approve', style: 'primary' },
  deny: { label: 'Deny…', style: 'danger' },
  extend: { label: 'More time…', style: undefined },
  withdraw: { label: 'Withdraw', style: undefined },
  end: { label: 'End now', style: 'danger' },
  attest: { label: 'Attest the ending…', style: undefined },
} as const satisfies Record<Action, { label: string; style: 'primary' | 'danger' | undefined }>;

export const OUTCOMES_SAID = {
  refused: 'Refused by policy',
  denied: 'Denied',
  withdrawn: 'Withdrawn',
  lapsed: 'Lapsed: not approved in time',
  grant_failed: 'Not opened',
  ended: 'Ended',
  ended_unproven: 'Ended without proof, not compliant',
} as const satisfies Record<Outcome, string>;

export const CAUSES_SAID = {
  expired: 'the time is over',
  ended_by_person: 'somebody ended it',
  requester_barred: 'the requester may not hold it any more',
  grant_failed: 'the opening failed and is undone',
  withdrawn: 'it was withdrawn',
  frozen: 'openings were frozen, and everything open with them',
  lost: 'it is gone from the cloud',
} as const satisfies Record<EndCause, string>;

/** On every approval that is given or asked for, while step-up sign-in does not exist. */
export const NO_SECOND_SIGN_IN = 'chat: no second sign-in was asked';
/** Stands before the commands that end access. A role of ours is in one account only: elsewhere they find nothing. */
export const manualEnding = (account: { readonly name: string; readonly id: string } | undefined): string =>
  `Whoever has rights in ${account ? `account ${account.name} (${account.id})` : 'the account'} can end it by hand, with exactly this; running it twice does no harm:`;
export const UNVERIFIED = 'unverified: the incident source did not answer';
/** Beside what was said or written while it was so. */
export const UNVERIFIED_THEN = 'the incident was unverified then';

export const UNEXPECTED =
  'Something broke on my side, and I do not know whether that was recorded. Look at the card; pressing again is safe.';
export const STARTING = 'I am starting. Nothing was done: try again in a moment.';
export const STILL_WORKING = 'Still working on it: something I need is slow. I will message you as soon as I know.';
export const DONE = 'Done. The card shows where it stands.';
export const FORM_UNKNOWN = 'This form is not one of mine any more, so nothing was recorded. Type /breakglass again.';
export const FORM_NOT_YOURS =
  'This form was opened by somebody else, so nothing was recorded. Type /breakglass yourself.';
export const FORM_USED = 'This form was sent already and counted once. Look at the card.';
export const COMMAND_USED = 'This command arrived before and counted then. If you mean it once more, type it again.';
