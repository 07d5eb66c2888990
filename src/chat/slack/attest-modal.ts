import type { ModalView } from '@slack/types';
import { STATEMENT_MAX } from '../../core/request/decide-attest.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import type { CardView } from '../words/card.ts';
import { plain, section, words } from './blocks.ts';
import { banner } from './decision-modals.ts';
import { FORMS } from './ids.ts';
import { mrkdwn } from './text.ts';

/** The block of the statement: errors are shown on it. */
export const ATTEST_BLOCK = 'attest_statement';

const MEANING =
  'Two security people who neither asked for this access nor approved it can close it without proof, after its planned end. ' +
  'It is recorded as not compliant. Look into the cloud account first; what you found there belongs below.';

/** The form of a security person's word that an access ended which nothing could prove (E5). */
export const attestModal = (
  formId: string,
  card: CardView,
  homes: readonly string[],
  frozen: Freeze | undefined,
): ModalView => ({
  type: 'modal',
  callback_id: FORMS.attest,
  private_metadata: formId,
  title: plain('Attest the ending', 24),
  submit: plain('Attest', 24),
  close: plain('Back', 24),
  blocks: [
    ...banner(frozen, 'takes away'),
    words(card.headline),
    section(mrkdwn(card.status, homes)),
    words(MEANING),
    {
      type: 'input',
      block_id: ATTEST_BLOCK,
      label: plain('How you know that the access ended', 100),
      element: {
        type: 'plain_text_input',
        action_id: 'statement',
        multiline: true,
        min_length: 3,
        max_length: STATEMENT_MAX,
        placeholder: plain('What you looked at, and what you found', 150),
      },
    },
  ],
});
