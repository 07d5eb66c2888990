import type { Seen } from '../../src/demo/slack/client.ts';
import type { Person } from '../../src/demo/slack/person.ts';
import { COMMANDER, channelOf, incidentOf, slackOf } from './catalog.ts';

/** How long somebody waits for a form to appear, or to be drawn anew. */
export const FORM_MS = 4_000;

/** What a requester fills in. */
export interface RequestInput {
  readonly lane: number;
  readonly role: string;
  readonly seconds: number;
  /** The role is typed behind the command, instead of picked in the form. */
  readonly shortcut: boolean;
  readonly purpose: string;
}

/** Types `/breakglass`, fills the form in and sends it. Answers whether it was taken. */
export async function fillAndSend(
  person: Person,
  { lane, role, seconds, shortcut, purpose }: RequestInput,
): Promise<boolean> {
  const typed: Seen = await person.command('/breakglass', shortcut ? role : '', channelOf(lane));
  if (!typed.ok) return false;
  const first = await person.awaitModal(({ callbackId }) => callbackId === 'bg_form_request', FORM_MS);
  const block = (modal: typeof first, field: string): string =>
    String(modal.blocks.find(({ block_id }) => String(block_id).split('/')[0] === field)?.block_id);
  if (!shortcut) await person.fill({ [block(first, 'role')]: role });
  const drawn = await person.awaitModal(
    ({ blocks }) => blocks.some(({ block_id }) => String(block_id).startsWith(`minutes/${role}/`)),
    FORM_MS,
  );
  await person.fill({
    [block(drawn, 'incident')]: incidentOf(lane),
    [block(drawn, 'reason')]: 'service_restoration',
    [block(drawn, 'purpose')]: purpose,
    [block(drawn, 'minutes')]: String(seconds / 60),
    [block(drawn, 'commander')]: slackOf(COMMANDER),
  });
  return (await person.submit()).ok;
}
