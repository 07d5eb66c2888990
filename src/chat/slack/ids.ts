import type { Action } from '../../core/request/actions.ts';
import type { FormKind } from '../dialog/form-view.ts';
import type { Press } from '../dialog/press.ts';

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
/** All of them. */
export const PRESS_IDS = {
  ...ACTION_IDS,
  ask_again: ASK_AGAIN,
  freeze_all: 'bg_freeze_all',
} as const satisfies Record<Press['action'], string>;

/** Callback ids: which form was submitted. */
export const FORMS = {
  request: 'bg_form_request',
  approve: 'bg_form_approve',
  deny: 'bg_form_deny',
  attest: 'bg_form_attest',
  extend: 'bg_form_extend',
} as const satisfies Record<FormKind, string>;

/** The button with this action id; undefined for one that is not ours. */
export const pressedBy = (actionId: string | undefined): Press['action'] | undefined =>
  (Object.keys(PRESS_IDS) as Press['action'][]).find((action) => PRESS_IDS[action] === actionId);
/** Which form this is; undefined for one of another version of ours. */
export const kindOf = (callbackId: string): FormKind | undefined =>
  (Object.keys(FORMS) as FormKind[]).find((kind) => FORMS[kind] === callbackId);

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

/** The block of a field: which form, which field, and after each `/` a choice that it was made for. */
export const fieldBlock = (form: string, field: string, madeFor: readonly string[] = []): string =>
  [form === 'request' ? field : `${form}_${field}`, ...madeFor].join('/');
/** The field of such a block. */
export const fieldOf = (form: string, blockId: string): string => {
  const name = blockId.split('/')[0] ?? '';
  return name.startsWith(`${form}_`) ? name.slice(form.length + 1) : name;
};
const PICK = 'bg_pick_';
/** The action of a field whose choice draws the form anew. */
export const pickOf = (field: string): string => `${PICK}${field}`;
/** Any of them. */
export const PICKED = new RegExp(`^${PICK}`);
/** The field of such an action. */
export const fieldPicked = (actionId: string): string => actionId.slice(PICK.length);
