import type { Action } from '../../core/request/actions.ts';

/** Action ids: what was pressed. A button's value is the id of a request or of a stored form, and nothing else. */
export const ACTION_IDS = {
  approve: 'bg_approve',
  deny: 'bg_deny',
  extend: 'bg_extend',
  withdraw: 'bg_withdraw',
  end: 'bg_end',
  attest: 'bg_attest',
} as const satisfies Record<Action, string>;
export const ASK_AGAIN = 'bg_ask_again';
export const FREEZE_ALL = 'bg_freeze_all';
export const PICK_ROLE = 'bg_pick_role';
export const PICK_RUNBOOK = 'bg_pick_runbook';

/** Callback ids: which form was submitted. */
export const FORMS = {
  request: 'bg_form_request',
  approve: 'bg_form_approve',
  deny: 'bg_form_deny',
  attest: 'bg_form_attest',
  extend: 'bg_form_extend',
} as const;

/** Message metadata: how a message of ours is found again when the answer of its sending was lost. */
export const METADATA = { card: 'breakglass_card', event: 'breakglass_event', note: 'breakglass_note' } as const;

export const COMMAND = '/breakglass';

/** The block of a card's buttons names the digest of what it shows. */
export const buttonsBlock = (digest: string): string => `bg:${digest}`;
/** The digest in the block of a card's buttons, or undefined for any other block. */
export const digestOfButtons = (blockId: string | undefined): string | undefined =>
  /^bg:([0-9a-f]{64})$/.exec(blockId ?? '')?.[1];
/** The block of the form that shows a role's terms names their digest. */
export const termsBlock = (digest: string): string => `terms/${digest}`;

/** The part of a block id before its first `/`: which field it is, whatever it was drawn for. */
export const fieldOf = (blockId: string): string => blockId.split('/')[0] ?? '';
