import {
  anyText,
  checkInitial,
  confirm,
  dispatchConfig,
  menuOption,
  optionGroup,
  overflowOption,
  plainText,
  tickOption,
} from './block-objects.ts';
import { boolean, complain, integer, list, matching, oneOf, type Rule, shape, string } from './block-rules.ts';
import { listOf } from './json.ts';

/**
 * Block elements: allowed and required fields and their limits.
 * Limits: https://docs.slack.dev/reference/block-kit/block-elements
 */

const ACTION_ID_MAX = 255;
const actionId = string(ACTION_ID_MAX);
const userId = matching(/^[UW][A-Z0-9]+$/, 'user id');
const conversationId = matching(/^[CDGU][A-Z0-9]+$/, 'conversation id');
const date = matching(/^\d{4}-\d{2}-\d{2}$/, 'date (YYYY-MM-DD)');
const timeOfDay = matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'time (HH:mm)');
const decimal = matching(/^-?\d+(\.\d+)?$/, 'number');

const acting = { action_id: actionId, confirm, focus_on_load: boolean };
const menu = { ...acting, placeholder: plainText(150) };
const typed = {
  action_id: actionId,
  placeholder: plainText(150),
  focus_on_load: boolean,
  dispatch_action_config: dispatchConfig,
};

const button = shape({
  needs: { text: plainText(75) },
  may: {
    action_id: actionId,
    url: string(3000),
    value: string(2000, 0),
    style: oneOf('primary', 'danger'),
    confirm,
    accessibility_label: string(75),
  },
});

const oneSourceOfOptions = (value: Readonly<Record<string, unknown>>, at: string, problems: string[]): void => {
  const given = ['options', 'option_groups'].filter((name) => value[name] !== undefined);
  if (given.length !== 1) complain(problems, 'must provide exactly one of options and option_groups', at);
};

const staticSelect = shape({
  may: { ...menu, options: list(menuOption, 100), option_groups: list(optionGroup, 100), initial_option: menuOption },
  also: (value, at, problems) => {
    oneSourceOfOptions(value, at, problems);
    if (value.initial_option) checkInitial(value, [value.initial_option], `${at}/initial_option`, problems);
  },
});

const multiStaticSelect = shape({
  may: {
    ...menu,
    options: list(menuOption, 100),
    option_groups: list(optionGroup, 100),
    initial_options: list(menuOption, 100),
    max_selected_items: integer(1, 100),
  },
  also: (value, at, problems) => {
    oneSourceOfOptions(value, at, problems);
    checkInitial(value, listOf(value.initial_options), `${at}/initial_options`, problems);
  },
});

const radioButtons = shape({
  needs: { options: list(tickOption, 10) },
  may: { ...acting, initial_option: tickOption },
  also: (value, at, problems) => {
    if (value.initial_option) checkInitial(value, [value.initial_option], `${at}/initial_option`, problems);
  },
});

const checkboxes = shape({
  needs: { options: list(tickOption, 10) },
  may: { ...acting, initial_options: list(tickOption, 10) },
  also: (value, at, problems) => checkInitial(value, listOf(value.initial_options), `${at}/initial_options`, problems),
});

const plainTextInput = shape({
  may: {
    ...typed,
    initial_value: string(3000, 0),
    multiline: boolean,
    min_length: integer(0, 3000),
    max_length: integer(1, 3000),
  },
  also: (value, at, problems) => {
    const { min_length: min, max_length: max } = value;
    if (typeof min === 'number' && typeof max === 'number' && min > max)
      complain(problems, 'min_length must not exceed max_length', at);
  },
});

const numberInput = shape({
  needs: { is_decimal_allowed: boolean },
  may: { ...typed, initial_value: decimal, min_value: decimal, max_value: decimal },
  also: (value, at, problems) => {
    if (Number(value.min_value ?? -Infinity) > Number(value.max_value ?? Infinity))
      complain(problems, 'min_value must not exceed max_value', at);
  },
});

const overflow = shape({ needs: { options: list(overflowOption, 5, 1) }, may: { action_id: actionId, confirm } });

/** An image inside a section or a context. */
export const imageElement: Rule = shape({ needs: { image_url: string(3000), alt_text: string(2000) } });

const selects: Readonly<Record<string, Rule>> = {
  static_select: staticSelect,
  users_select: shape({ may: { ...menu, initial_user: userId } }),
  conversations_select: shape({
    may: { ...menu, initial_conversation: conversationId, default_to_current_conversation: boolean },
  }),
  channels_select: shape({ may: { ...menu, initial_channel: conversationId } }),
};

const multiSelects: Readonly<Record<string, Rule>> = {
  multi_static_select: multiStaticSelect,
  multi_users_select: shape({
    may: { ...menu, initial_users: list(userId, 100, 0), max_selected_items: integer(1, 100) },
  }),
};

const pickers: Readonly<Record<string, Rule>> = {
  datepicker: shape({ may: { ...menu, initial_date: date } }),
  timepicker: shape({ may: { ...menu, initial_time: timeOfDay, timezone: string(100) } }),
};

const ticks: Readonly<Record<string, Rule>> = { radio_buttons: radioButtons, checkboxes };

/** What may stand in an `actions` block. */
export const ACTIONS_ELEMENTS: Readonly<Record<string, Rule>> = {
  button,
  overflow,
  ...selects,
  ...multiSelects,
  ...pickers,
  ...ticks,
};

/** What may stand beside the text of a `section`. */
export const ACCESSORY_ELEMENTS: Readonly<Record<string, Rule>> = { ...ACTIONS_ELEMENTS, image: imageElement };

/** What may stand in an `input` block. */
export const INPUT_ELEMENTS: Readonly<Record<string, Rule>> = {
  plain_text_input: plainTextInput,
  number_input: numberInput,
  email_text_input: shape({ may: { ...typed, initial_value: string(3000, 0) } }),
  url_text_input: shape({ may: { ...typed, initial_value: string(3000, 0) } }),
  ...selects,
  ...multiSelects,
  ...pickers,
  ...ticks,
};

/** What may stand in a `context` block. */
export const CONTEXT_ELEMENTS: Readonly<Record<string, Rule>> = {
  image: imageElement,
  plain_text: anyText(3000),
  mrkdwn: anyText(3000),
};
