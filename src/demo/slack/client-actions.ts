import { elementsOf } from './blocks.ts';
import { type Entry, entered, startValue, stateOf } from './inputs.ts';
import { type Fields, fieldsOf, listOf } from './json.ts';
import type { OpenView, StoredMessage } from './model.ts';
import type { Outcome } from './outcome.ts';
import type { World } from './world.ts';

/** What Slack's client refuses before anything leaves it: the words are for the person. */
export class ClientRefusal extends Error {
  override readonly name = 'ClientRefusal';
}

/** An element in the blocks of a message or a view. */
export interface Found {
  readonly block: Fields;
  readonly element: Fields;
  readonly blockId: string;
  readonly actionId: string;
}

/** The element with this action id. @throws ClientRefusal when there is none */
export function find(blocks: readonly Fields[], actionId: string, blockId?: string): Found {
  for (const block of blocks) {
    if (blockId !== undefined && block.block_id !== blockId) continue;
    for (const one of elementsOf(block)) {
      const element = fieldsOf(one);
      if (element.action_id === actionId) return { block, element, blockId: String(block.block_id), actionId };
    }
  }
  throw new ClientRefusal(`There is nothing with the action id "${actionId}" here.`);
}

/** The value object of an entry. @throws ClientRefusal when the element does not offer it */
export function fitting(element: Fields, entry: Entry): Fields {
  try {
    return entered(element, entry);
  } catch (error) {
    throw new ClientRefusal(error instanceof Error ? error.message : String(error));
  }
}

/** Menus outside an input tell the app at once; an input does so only with `dispatch_action`. */
export const dispatches = (block: Fields, element: Fields): boolean =>
  startValue(element) !== undefined && (block.type !== 'input' || block.dispatch_action === true);

/** One entry of a payload's `actions`. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
export function action(world: World, { element, blockId, actionId }: Found, entry?: Entry): Fields {
  const value = startValue(element) ? fitting(element, entry ?? []) : {};
  const overflow =
    element.type === 'overflow'
      ? { selected_option: listOf(element.options).find((option) => fieldsOf(option).value === entry) ?? null }
      : {};
  const button =
    element.type === 'button' ? { text: element.text, ...(element.value ? { value: element.value } : {}) } : {};
  const style = element.style === undefined ? {} : { style: element.style };
  return {
    action_id: actionId,
    block_id: blockId,
    ...button,
    ...style,
    ...overflow,
    ...value,
    type: element.type,
    action_ts: world.ts(),
  };
}

/** The `state.values` of a message, with what was just picked. */
export function messageState(message: StoredMessage, found: Found, entry?: Entry): Fields {
  const state = stateOf(message.blocks ?? []);
  if (!startValue(found.element)) return state;
  return {
    ...state,
    [found.blockId]: { ...state[found.blockId], [found.actionId]: fitting(found.element, entry ?? []) },
  };
}

/** Errors count only when every key is the block id of an input block; else Slack's client shows trouble. */
export function errorsOf(view: OpenView, errors: unknown): Readonly<Record<string, string>> | undefined {
  const inputs = view.blocks.filter((block) => block.type === 'input').map((block) => block.block_id);
  const entries = Object.entries(fieldsOf(errors));
  const good = entries.filter(([id, words]) => inputs.includes(id) && typeof words === 'string' && words !== '');
  return entries.length > 0 && good.length === entries.length
    ? Object.fromEntries(good.map(([id, words]) => [id, String(words)]))
    : undefined;
}

/** Slack's words for an answer that did not come. */
export function whyFailed(outcome: Outcome): string {
  if (outcome.ok) return '';
  if (outcome.why === 'timeout') return 'because the app did not respond ("operation_timeout").';
  if (outcome.why === 'status') return `with the error "http_service_error" (${outcome.status ?? 0}).`;
  return 'with the error "dispatch_failed".';
}
