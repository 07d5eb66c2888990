/**
 * The refusals of Slack that no second try can change, by method, each as the method's own page calls it (its table
 * "Errors"). Whatever else comes back, even with `ok: false`, says nothing for certain: a gateway's HTML, JSON that was cut,
 * an `ok` that is neither true nor false, Slack's own trouble, a code that nobody has documented yet.
 */

/** Of a place that takes nothing from us: another may. */
const PLACE = [
  'account_inactive',
  'cannot_dm_bot',
  'channel_not_found',
  'channel_type_not_supported',
  'is_archived',
  'messages_tab_disabled',
  'no_permission',
  'not_in_channel',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'restricted_action_thread_only_channel',
  'team_access_not_granted',
  'user_disabled',
  'user_not_found',
  'user_not_visible',
  'users_not_found',
] as const;

/** Of the thread that a message was meant for. */
const THREAD = ['cannot_reply_to_message', 'message_not_found', 'thread_not_found'] as const;

/** Of a message as it is written. */
const WRITTEN = [
  'invalid_arguments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_metadata_format',
  'metadata_too_large',
  'msg_blocks_too_long',
  'msg_too_long',
] as const;

/** Of a message that can never be changed. */
const LOST = ['is_inactive', 'cant_update_message', 'edit_window_closed'] as const;

const FINAL: Readonly<Record<string, readonly string[]>> = {
  // https://docs.slack.dev/reference/methods/chat.postMessage#errors
  'chat.postMessage': [...PLACE, ...THREAD, ...WRITTEN],
  // https://docs.slack.dev/reference/methods/chat.postEphemeral#errors
  'chat.postEphemeral': [...PLACE, 'user_not_in_channel'],
  // https://docs.slack.dev/reference/methods/chat.update#errors
  'chat.update': [...PLACE, ...WRITTEN, 'message_not_found', ...LOST],
  // https://docs.slack.dev/reference/methods/chat.delete#errors
  'chat.delete': ['channel_not_found', 'message_not_found', 'cant_delete_message'],
  // https://docs.slack.dev/reference/methods/chat.getPermalink#errors
  'chat.getPermalink': ['channel_not_found', 'message_not_found'],
  // https://docs.slack.dev/reference/methods/conversations.open#errors
  'conversations.open': [...PLACE, 'method_not_supported_for_channel_type'],
  // https://docs.slack.dev/reference/methods/conversations.history#errors
  'conversations.history': ['channel_not_found', 'not_in_channel', 'missing_scope'],
  // https://docs.slack.dev/reference/methods/conversations.replies#errors
  'conversations.replies': ['channel_not_found', 'not_in_channel', 'thread_not_found', 'missing_scope'],
  // https://docs.slack.dev/reference/methods/users.info#errors
  'users.info': ['user_not_found', 'user_not_visible'],
  // https://docs.slack.dev/reference/methods/views.open#errors
  'views.open': [
    'expired_trigger_id',
    'trigger_expired',
    'exchanged_trigger_id',
    'invalid_trigger_id',
    'view_too_large',
  ],
  // https://docs.slack.dev/reference/methods/views.update#errors
  'views.update': ['hash_conflict', 'not_found', 'view_too_large'],
};

/** Is this what Slack will answer to the same call again, however often it is made? */
export const isFinal = (method: string, code: string): boolean => FINAL[method]?.includes(code) ?? false;

/** Refusals that speak of the place, not of the message: another place may take it. */
export const isPlaceTrouble = (code: string | undefined): boolean =>
  code !== undefined && ([...PLACE, ...THREAD] as readonly string[]).includes(code);

/** Refusals of a message as it is written. */
export const isMiswritten = (code: string | undefined): boolean =>
  code !== undefined && (WRITTEN as readonly string[]).includes(code);

/** Refusals of a change that speak of the message: none is ever taken. */
export const isLost = (code: string | undefined): boolean =>
  code !== undefined && (LOST as readonly string[]).includes(code);
