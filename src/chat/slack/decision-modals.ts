import type { KnownBlock, ModalView } from '@slack/types';
import type { Freeze } from '../../core/request/freeze.ts';
import type { CardView } from '../words/card.ts';
import { bannerWords } from '../words/freeze-words.ts';
import { wordsOf } from '../words/phrase.ts';
import { lines, plain, section, words } from './blocks.ts';
import { FORMS } from './ids.ts';
import { inert, mrkdwn } from './text.ts';

/** The approve form of zone C: who, what, how long, how it ends, drawn from the row; its submission is the decision. */
export function approveModal(
  formId: string,
  card: CardView,
  homes: readonly string[],
  frozen: Freeze | undefined,
): ModalView {
  const facts = card.facts.map(
    ({ label, value, long }): KnownBlock =>
      long ? words(`${label}: ${wordsOf(value)}`) : section(`*${inert(label)}*: ${mrkdwn(value, homes)}`),
  );
  return {
    type: 'modal',
    callback_id: FORMS.approve,
    private_metadata: formId,
    title: plain('Approve access', 24),
    submit: plain('Approve', 24),
    close: plain('Back', 24),
    blocks: [
      ...banner(frozen, 'opens'),
      section(mrkdwn(card.status, homes)),
      ...facts,
      ...lines(
        card.caveats.map((caveat) => [`⚠ ${caveat}`]),
        homes,
      ),
      ...lines(card.open, homes),
    ],
  };
}

/** Said on top of a form while openings are frozen. */
export const banner = (frozen: Freeze | undefined, sending: 'opens' | 'takes away'): KnownBlock[] =>
  frozen === undefined ? [] : [words(bannerWords(frozen, sending))];

export const DENY_REASON_MAX = 500;
/** The block of the denial's reason: errors are shown on it. */
export const DENY_BLOCK = 'deny_reason';

/** `closes` says what the denial does: to a request, or to more time on it. */
export const denyModal = (formId: string, closes: string, frozen: Freeze | undefined): ModalView => ({
  type: 'modal',
  callback_id: FORMS.deny,
  private_metadata: formId,
  title: plain('Deny access', 24),
  submit: plain('Deny', 24),
  close: plain('Back', 24),
  blocks: [
    ...banner(frozen, 'takes away'),
    words(closes),
    {
      type: 'input',
      block_id: DENY_BLOCK,
      label: plain('Why not', 100),
      element: {
        type: 'plain_text_input',
        action_id: 'reason',
        multiline: true,
        min_length: 1,
        max_length: DENY_REASON_MAX,
        placeholder: plain('The requester and the channel read this', 150),
      },
    },
  ],
});

/** A form that has nothing more to fill in: it says what happened, and below, in markup of ours, where to look. */
export const saidModal = (title: string, text: string, below?: string): ModalView => ({
  type: 'modal',
  title: plain(title, 24),
  close: plain('Close', 24),
  blocks: [words(text), ...(below === undefined ? [] : [section(below)])],
});
