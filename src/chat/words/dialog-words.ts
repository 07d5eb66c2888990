import { oneLine, plural } from './phrase.ts';

/** Typed words that name nothing. */
export const unknownWords = (typed: string): string =>
  `I do not know “${oneLine(typed, 60)}”. Type /breakglass alone to ask for access, /breakglass with an incident or the id of a role or runbook, or /breakglass help.`;

export const NO_ROLE_TO_ASK = 'There is no role that your teams may ask for. Ask somebody of a team that may.';
export const phoneWords = (phone: string): string => ` Phone: ${phone}.`;

export const askedWords = (id: string): string =>
  `Recorded: your request ${id} waits for its approvals. The channel shows its card.`;
export const APPROVED = 'Your approval is recorded.';
export const DENIED = 'Your denial is recorded.';
export const ATTESTED = 'Your word is recorded. The card shows what is still needed.';
export const extensionAsked = (minutes: number): string =>
  `Recorded: ${plural(minutes, 'minute')} more wait for approval. Until then the old end stays.`;
export const ENDING = 'I am taking the access away now. The card says when it is gone.';

export const END_WHICH = 'End which? Type /breakglass end and the id; /breakglass list shows the ids.';
export const DENY_WHICH = 'Deny which, and why? Type /breakglass deny, the id and a reason; the requester reads it.';
export const sayWhy = (max: number): string => `Say why, in at most ${max} characters: the requester reads it.`;
export const denyWithoutForm = (id: string): string => ` Without a form: type /breakglass deny ${id} and why.`;
export const NOTHING_TO_EXTEND = 'You have no open access. Type /breakglass to ask.';

/** Where the card of a request stands, as its chat calls that place. */
export const cardStandsIn = (place: string): string => `Its card stands in ${place}.`;
export const CARD_IS_DIRECT = 'Its card is among my messages to you.';
export const CARD_NOT_POSTED = 'Its card is not posted yet.';

/** Who can do instead what somebody was refused; empty where nobody can. */
export function theseCan(names: readonly string[], shown: number): string {
  const rest = names.length - shown;
  const first = names.slice(0, shown).map((name) => oneLine(name, 80));
  return ` These can: ${first.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

export const NO_REQUEST_OPEN = 'No request is open now. Type /breakglass to ask for access.';
export const NO_OWN_REQUEST =
  'You have no open request. Type /breakglass list to see everybody’s, or /breakglass to ask.';
export const MORE_IN_CHANNEL = '… and more; the channel shows them.';
export const STILL_NEEDED = 'Still needed:';
export const NOTHING_TO_END = ' Nothing that you may end is open.';
export const WHAT_MAY_END = ' Meanwhile, what you may end (/breakglass end and the id):';
export const LIST_SHOWS_ENDINGS = ' /breakglass list shows what you may end.';

/** The platform let no form be opened any more. */
export const formExpired = (chat: string): string =>
  `${chat} took too long, and the form could not be opened. Type /breakglass again.`;

export const FROZEN = 'Openings are frozen: nothing is opened until two security people type /breakglass thaw.';
export const OPEN_GOES_ON = 'What is open goes on; /breakglass freeze all ends it.';
export const NOTHING_OPEN = 'Nothing is open.';
export const FREEZE_BLIND = {
  directory_unavailable: 'The directory does not answer, so I cannot tell whether you are of the security group.',
  policy_unavailable: 'No policy could be read, so I cannot tell who is of the security group.',
} as const;
export const OPERATOR_CAN_FREEZE =
  ' Nothing was frozen. Nothing opens meanwhile either. An operator can freeze with: breakglass freeze --all --reason TEXT.';

/** `ended`: how many are known of by now. */
export function endingAll(ended: number | undefined): string {
  const begun = ended === undefined ? '' : ` (${plural(ended, 'access', 'accesses')} so far)`;
  return `Everything that is open is being ended${begun}; each card says when it is gone.`;
}

/** Whether what is open is to end as well, and the button for it; `open` is how many, where that is known. */
export function endAllQuestion(open: number | undefined): { readonly question: string; readonly label: string } {
  const doubt = 'Your words begin with “all”: is that to end as well?';
  if (open === undefined) return { question: `What is open goes on. ${doubt}`, label: 'End everything that is open' };
  return open === 1
    ? { question: `One access is open and goes on. ${doubt}`, label: 'End the one that is open' }
    : { question: `${open} accesses are open and go on. ${doubt}`, label: `End the ${open} that are open` };
}

export const THAWED = 'Openings are not frozen any more. Approvals count again.';
/** `missing`: how many others must say so too. */
export const thawRecorded = (missing: number): string =>
  `Recorded. Openings stay frozen until ${missing === 1 ? 'another security person types' : `${missing} others type`} /breakglass thaw too.`;
