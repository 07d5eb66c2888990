import type { ModalView } from '@slack/types';
import type { Active } from '../../core/request/extension.ts';
import { extensionMinutes } from '../../core/request/extension.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import type { Capabilities } from '../../ports/provider.ts';
import { type Phrase, plural } from '../words/phrase.ts';
import {
  type ClauseOutlook,
  type ClausePeople,
  clauseWords,
  endingWords,
  unverifiedLines,
} from '../words/role-words.ts';
import { lines, plain, section, words } from './blocks.ts';
import { banner } from './decision-modals.ts';
import { FORMS } from './ids.ts';
import { inert, mrkdwn } from './text.ts';

/** The block of the minutes: errors are shown on it. */
export const EXTEND_BLOCK = 'more_minutes';

/** Everything that the form for more time is drawn from. */
export interface ExtendForm {
  readonly id: string;
  readonly request: Active;
  /** What it needs, with who can give it now. */
  readonly needs: readonly ClausePeople[];
  /** What it needs besides while the incident is unverified. */
  readonly whileUnverified: ClauseOutlook | undefined;
  readonly capabilities: Capabilities;
  readonly homes: readonly string[];
  readonly frozen: Freeze | undefined;
}

/** More time: how much of it still fits, who must approve it, and that the old end holds until then (B8, B10). */
export function extendModal({
  id,
  request,
  needs,
  whileUnverified,
  capabilities,
  homes,
  frozen,
}: ExtendForm): ModalView {
  const { details, endsAt } = request;
  const options = extensionMinutes(request).map((minutes) => ({
    text: plain(plural(minutes, 'minute'), 75),
    value: String(minutes),
  }));
  const [first] = options;
  const status: Phrase = [
    { strong: details.terms.role.name },
    ': the access ends ',
    { at: endsAt },
    '. That end stays until more time is approved and the cloud has taken it.',
  ];
  return {
    type: 'modal',
    callback_id: FORMS.extend,
    private_metadata: id,
    title: plain('More time', 24),
    submit: plain('Ask', 24),
    close: plain('Back', 24),
    blocks: [
      ...banner(frozen, 'opens'),
      section(mrkdwn(status, homes)),
      {
        type: 'input',
        block_id: EXTEND_BLOCK,
        label: plain('How much more', 100),
        element: {
          type: 'static_select',
          action_id: 'minutes',
          options,
          ...(first === undefined ? {} : { initial_option: first }),
        },
      },
      ...lines(
        [[{ strong: 'Approvals it needs' }], ...needs.map(clauseWords), ...unverifiedLines(whileUnverified)],
        homes,
      ),
      section(`*How it ends*\n${inert(endingWords(details.terms, capabilities))}`),
      words(`In all this role allows ${plural(details.terms.maxTotalMinutes, 'minute')} for one request.`),
    ],
  };
}
