import { optionsOf } from './block-objects.ts';
import { elementsOf } from './blocks.ts';
import { type Fields, fieldsOf, listOf, stringOf } from './json.ts';
import type { ViewState } from './model.ts';

/**
 * What Slack's client does with the inputs of a modal or a message: what each starts with, what it accepts, and the
 * value object it reports. Shapes: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
 */

/** What a person types or picks: text, an option's value, an id; several for elements that take several. */
export type Entry = string | readonly string[];

/** The value object an element starts with; undefined for one that holds nothing (buttons, images). */
export function startValue(element: Fields): Fields | undefined {
  const type = stringOf(element.type) ?? '';
  switch (type) {
    case 'plain_text_input':
    case 'number_input':
    case 'email_text_input':
    case 'url_text_input':
      return { type, value: element.initial_value ?? null };
    case 'static_select':
    case 'radio_buttons':
      return { type, selected_option: element.initial_option ?? null };
    case 'checkboxes':
    case 'multi_static_select':
      return { type, selected_options: listOf(element.initial_options) };
    case 'users_select':
      return { type, selected_user: element.initial_user ?? null };
    case 'multi_users_select':
      return { type, selected_users: listOf(element.initial_users) };
    case 'conversations_select':
      return { type, selected_conversation: element.initial_conversation ?? null };
    case 'channels_select':
      return { type, selected_channel: element.initial_channel ?? null };
    case 'datepicker':
      return { type, selected_date: element.initial_date ?? null };
    case 'timepicker':
      return { type, selected_time: element.initial_time ?? null };
    default:
      return undefined;
  }
}

/**
 * The state of a view's inputs. An input keeps what was entered as long as its block id, its action id and its kind
 * stay the same, and what was picked is still among its options.
 */
export function stateOf(blocks: readonly Fields[], before: ViewState = {}): ViewState {
  const state: Record<string, Record<string, Fields>> = {};
  for (const block of blocks) {
    for (const one of elementsOf(block)) {
      const element = fieldsOf(one);
      const start = startValue(element);
      if (!start) continue;
      const blockId = String(block.block_id);
      const actionId = String(element.action_id);
      const kept = before[blockId]?.[actionId];
      const values = state[blockId] ?? {};
      values[actionId] = kept && kept.type === start.type && stillOffered(element, kept) ? kept : start;
      state[blockId] = values;
    }
  }
  return state;
}

function stillOffered(element: Fields, value: Fields): boolean {
  const picked = [...listOf(value.selected_options), ...(value.selected_option ? [value.selected_option] : [])];
  const offered = optionsOf(element).map((option) => fieldsOf(option).value);
  return picked.every((option) => offered.includes(fieldsOf(option).value));
}

/** Turns an entry into the element's value object. Picking what is not offered is a mistake of the caller. */
export function entered(element: Fields, entry: Entry): Fields {
  const start = startValue(element);
  if (!start) throw new Error(`A ${String(element.type)} takes no entry.`);
  const many = typeof entry === 'string' ? (entry === '' ? [] : [entry]) : entry;
  const one = many[0] ?? null;
  const pick = (value: string): Fields => {
    const found = optionsOf(element).find((option) => fieldsOf(option).value === value);
    if (!found) throw new Error(`"${value}" is not among the options of ${String(element.action_id)}.`);
    const { text, value: own, description } = fieldsOf(found);
    return { text, value: own, ...(description === undefined ? {} : { description }) };
  };
  const key = Object.keys(start).find((name) => name !== 'type') ?? 'value';
  if (key === 'selected_option') return { ...start, selected_option: one === null ? null : pick(one) };
  if (key === 'selected_options') return { ...start, selected_options: many.map(pick) };
  if (key === 'selected_users') return { ...start, selected_users: many };
  return { ...start, [key]: one };
}

/** Whether anything was entered. */
const isEmpty = (value: Fields): boolean =>
  Object.entries(value).every(
    ([name, one]) => name === 'type' || one === null || one === '' || (listOf(one).length === 0 && Array.isArray(one)),
  );

/** What Slack's client says on a field that cannot be submitted as it is; undefined when it can. */
function fieldProblem(block: Fields, element: Fields, value: Fields): string | undefined {
  if (isEmpty(value)) return block.optional === true ? undefined : 'Please complete this required field.';
  const text = stringOf(value.value);
  if (text === undefined) return undefined;
  if (element.type === 'number_input') return numberProblem(element, text);
  if (element.type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(text)) return 'Please enter a valid email address.';
  if (element.type === 'url_text_input' && !/^https?:\/\/\S+$/.test(text)) return 'Please enter a valid URL.';
  const max = typeof element.max_length === 'number' ? element.max_length : 3000;
  const min = typeof element.min_length === 'number' ? element.min_length : 0;
  if (text.length > max) return `Must be less than ${max + 1} characters.`;
  return text.length < min ? `Must be more than ${min - 1} characters.` : undefined;
}

function numberProblem(element: Fields, text: string): string | undefined {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return 'Please enter a valid number.';
  if (element.is_decimal_allowed !== true && text.includes('.')) return 'Please enter a whole number.';
  const amount = Number(text);
  if (element.min_value !== undefined && amount < Number(element.min_value))
    return `Must be at least ${String(element.min_value)}.`;
  return element.max_value !== undefined && amount > Number(element.max_value)
    ? `Must be at most ${String(element.max_value)}.`
    : undefined;
}

/** Problems that keep Slack's client from submitting a view at all, by block id. */
export function submissionProblems(blocks: readonly Fields[], state: ViewState): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  for (const block of blocks) {
    if (block.type !== 'input') continue;
    const element = fieldsOf(block.element);
    const blockId = String(block.block_id);
    const value = state[blockId]?.[String(element.action_id)];
    const problem = value && fieldProblem(block, element, value);
    if (problem !== undefined) problems[blockId] = problem;
  }
  return problems;
}
