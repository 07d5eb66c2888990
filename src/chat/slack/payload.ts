import { z } from 'zod';
import { storableText } from '../../core/storable.ts';
import { type Deed, isEnding } from '../dialog/heard.ts';
import { COMMAND, kindOf, pressedBy } from './ids.ts';
import { unescaped } from './text.ts';

/**
 * What Slack documents of each kind of request that we hear, as far as anything here or in Bolt reads it. Whatever is
 * not listed is left out before a handler sees it, so a field that nobody checked can be read by nobody.
 * https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
 * https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
 * https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
 * https://docs.slack.dev/apis/events-api#event-type-structure
 */

const text = z.string().refine((value) => storableText(value) === value);
const id = text.min(1).max(255);
const url = z.url({ protocol: /^https?$/ });
const some = { id };

/** A workspace of an Enterprise organisation is named beside it; `team` is null where a whole organisation installed the app. */
const origin = {
  api_app_id: id,
  team: z.object({ ...some, enterprise_id: id.nullish() }).nullable(),
  enterprise: z.object(some).nullish(),
  user: z.object({ ...some, team_id: id }),
};

const picked = z.object({
  value: text.nullish(),
  selected_option: z.object({ value: text }).nullish(),
  selected_user: text.nullish(),
});
const view = z.object({
  ...some,
  type: text,
  hash: text,
  callback_id: text,
  private_metadata: text,
  blocks: z.array(z.object({ type: text, block_id: text.optional() })),
  state: z.object({ values: z.record(text, z.record(text, picked)) }),
});

const command = z.object({
  api_app_id: id,
  command: text,
  text: text.default(''),
  user_id: id,
  team_id: id,
  enterprise_id: text.optional(),
  channel_id: id,
  trigger_id: id,
  response_url: url.optional(),
});

const click = z.object({
  ...origin,
  type: z.literal('block_actions'),
  trigger_id: id,
  response_url: url.optional(),
  container: z.object({ type: text, message_ts: text.nullish(), channel_id: text.nullish() }),
  channel: z.object(some).optional(),
  actions: z.array(z.object({ type: text, action_id: id, block_id: text, value: text.optional() })).min(1),
  view: view.optional(),
});

const form = z.object({ ...origin, type: z.enum(['view_submission', 'view_closed']), view });

const flag = z.boolean().optional();
const event = z.object({
  type: z.literal('event_callback'),
  api_app_id: id,
  team_id: id,
  event: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('user_change'),
      user: z.object({ ...some, deleted: flag, is_bot: flag, is_restricted: flag, is_ultra_restricted: flag }),
    }),
  ]),
});

/** A payload without a workspace is an organisation's: it says which. */
const placed = ({ team, enterprise }: { team?: unknown; enterprise?: unknown }): boolean =>
  team !== null || (enterprise !== null && enterprise !== undefined);

/** Ending needs to know who, on what, for which app. Nothing else that may be absent keeps it from being heard. */
const bare = {
  team: origin.team.optional(),
  user: z.object({ ...some, team_id: id.optional() }),
};
const ENDING_KINDS = [
  command.partial({ team_id: true, channel_id: true, trigger_id: true }),
  click.extend(bare).partial({ trigger_id: true, container: true }),
  form.extend(bare),
];

/** One request of Slack, reduced to what was checked. */
export type Payload = Readonly<Record<string, unknown>>;

/** The body of a signed request as one of the kinds that Slack documents; undefined for anything else. */
export function payloadOf(body: unknown): Payload | undefined {
  const kinds = [command, click.refine(placed), form.refine(placed), event];
  const found = parsedBy(kinds, body);
  if (found !== undefined) return found;
  const ending = parsedBy(ENDING_KINDS, body);
  const deed = ending && deedOf(ending);
  return deed !== undefined && isEnding(deed) ? ending : undefined;
}

function parsedBy(kinds: readonly z.ZodType<Payload>[], body: unknown): Payload | undefined {
  for (const kind of kinds) {
    const read = kind.safeParse(body);
    if (read.success) return read.data;
  }
  return undefined;
}

const otherEvent = z.object({ type: z.literal('event_callback'), event: z.object({ type: text }) });

/** An event that nothing here listens to. Slack hears 200 all the same, or it would send it again. */
export const isOtherEvent = (body: unknown): boolean => {
  const read = otherEvent.safeParse(body);
  return read.success && read.data.event.type !== 'user_change';
};

/** What was done; undefined for what is none of ours. */
export function deedOf({ command: name, text: typed, type, view: shown, actions }: Payload): Deed | undefined {
  if (name !== undefined) return name === COMMAND ? { typed: unescaped(String(typed)) } : undefined;
  if (type === 'block_actions') {
    const pressed = pressedBy((actions as z.infer<typeof click>['actions'])[0]?.action_id);
    return pressed && { pressed };
  }
  const sent = type === 'view_submission' ? kindOf((shown as z.infer<typeof view>).callback_id) : undefined;
  return sent && { sent };
}
