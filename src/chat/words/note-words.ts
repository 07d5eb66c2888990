import { oneLine, type Phrase } from './phrase.ts';

/** Ends what approvers are told of a request that waits for them. */
export const ANSWER_ON_CARD = ' Answer it on the card.';

/** To the requester: none of the approvers could be told here. */
export const nobodyReached = (role: string, phone: string): Phrase => [
  { strong: role },
  ': nobody on call could be reached here. Your request stands; phone ',
  oneLine(phone, 200),
  ' and ask for somebody to press Approve on the card.',
];

/** To the requester: the card stands elsewhere than where it should; `alone` where only they see it. */
export const cardElsewhere = (role: string, alone: boolean): Phrase => [
  { strong: role },
  ': I could not post the card in the incident’s channel (I am not in it, or it is archived), ',
  alone
    ? 'so only you see it. Invite me to a channel where approvers are, or phone them.'
    : 'so it stands in another channel, where others see it.',
  ' To have the next one there, invite me with /invite.',
];

/** What a reminder wants of its reader, after what it is about. */
export function reminderWish(reader: 'commander' | 'requester' | 'approver', phone: string): string {
  switch (reader) {
    case 'commander':
      return `, and nobody has approved it. You command the incident: find somebody who can approve it, or phone ${oneLine(phone, 200)}.`;
    case 'requester':
      return ', and it still waits for your own approval. Approve or withdraw it on the card.';
    case 'approver':
      return ', and it still waits for approval. Approve or deny it on the card.';
  }
}

/** To a security channel that hears of a policy for the last time: which one of its chat does from now on. */
export const securityMoved = (after: string | undefined): string =>
  after === undefined
    ? 'From now on no channel of this chat hears of it.'
    : `From now on the security channel is ${after}.`;
