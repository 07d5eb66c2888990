import { ACCESSORY_ELEMENTS, ACTIONS_ELEMENTS, CONTEXT_ELEMENTS, INPUT_ELEMENTS } from './block-elements.ts';
import { anyText, plainText } from './block-objects.ts';
import { boolean, byKind, complain, list, type Rule, shape, string } from './block-rules.ts';
import { fieldsOf, isFields, listOf, stringOf } from './json.ts';

/**
 * Layout blocks and views. Limits: https://docs.slack.dev/reference/block-kit/blocks and
 * https://docs.slack.dev/reference/views/modal-views
 */

/** Most blocks a message holds. https://docs.slack.dev/reference/block-kit/blocks */
export const MESSAGE_BLOCKS_MAX = 50;
/** Most blocks a modal holds. */
export const MODAL_BLOCKS_MAX = 100;

const blockId = { block_id: string(255) };

const section = shape({
  may: {
    ...blockId,
    text: anyText(3000),
    fields: list(anyText(2000), 10),
    accessory: byKind(ACCESSORY_ELEMENTS),
    expand: boolean,
  },
  also: (value, at, problems) => {
    if (value.text === undefined && value.fields === undefined)
      complain(problems, 'missing required field: text (or fields)', at);
  },
});

const richLeaf: Rule = (value, at, problems) => {
  if (!isFields(value) || typeof value.type !== 'string') complain(problems, 'must provide an object with a type', at);
};

const RICH_PARTS = Object.fromEntries(
  ['rich_text_section', 'rich_text_list', 'rich_text_quote', 'rich_text_preformatted'].map((kind): [string, Rule] => [
    kind,
    (value, at, problems) => list(richLeaf, 1000, 0)(fieldsOf(value).elements, `${at}/elements`, problems),
  ]),
);

const everywhere: Readonly<Record<string, Rule>> = {
  section,
  divider: shape({ may: blockId }),
  header: shape({ needs: { text: plainText(150) }, may: blockId }),
  image: shape({
    needs: { image_url: string(3000), alt_text: string(2000) },
    may: { ...blockId, title: plainText(2000) },
  }),
  context: shape({ needs: { elements: list(byKind(CONTEXT_ELEMENTS), 10) }, may: blockId }),
  actions: shape({ needs: { elements: list(byKind(ACTIONS_ELEMENTS), 25) }, may: blockId }),
  input: shape({
    needs: { label: plainText(2000), element: byKind(INPUT_ELEMENTS) },
    may: { ...blockId, hint: plainText(2000), optional: boolean, dispatch_action: boolean },
  }),
  rich_text: shape({ needs: { elements: list(byKind(RICH_PARTS), 100) }, may: blockId }),
};

const messageBlocks: Readonly<Record<string, Rule>> = {
  ...everywhere,
  markdown: shape({ needs: { text: string(12_000) }, may: blockId }),
};

/** Every element of a block that carries an `action_id`, in the order in which a reader meets them. */
export const elementsOf = (block: unknown): readonly unknown[] => {
  const { elements, accessory, element, type } = fieldsOf(block);
  if (type === 'actions') return listOf(elements);
  return [accessory, element].filter((one) => isFields(one));
};

/** Ids must be unique: block ids in the whole surface, action ids within their block. */
function checkIds(blocks: readonly unknown[], at: string, problems: string[]): void {
  const seen = new Set<string>();
  blocks.forEach((block, index) => {
    const id = stringOf(fieldsOf(block).block_id);
    if (id !== undefined && seen.has(id))
      complain(problems, `block_id must be unique: ${id}`, `${at}/${index}/block_id`);
    if (id !== undefined) seen.add(id);
    const actions = new Set<string>();
    for (const element of elementsOf(block)) {
      const action = stringOf(fieldsOf(element).action_id);
      if (action !== undefined && actions.has(action))
        complain(problems, `action_id must be unique within its block: ${action}`, `${at}/${index}`);
      if (action !== undefined) actions.add(action);
    }
  });
}

/** What is wrong with the `blocks` of a message; empty when Slack would take them. */
export function messageProblems(blocks: unknown): string[] {
  const problems: string[] = [];
  list(byKind(messageBlocks), MESSAGE_BLOCKS_MAX, 0)(blocks, '/blocks', problems);
  if (problems.length === 0) checkIds(listOf(blocks), '/blocks', problems);
  return problems;
}

const modal = shape({
  needs: { title: plainText(24), blocks: list(byKind(everywhere), MODAL_BLOCKS_MAX, 0) },
  may: {
    close: plainText(24),
    submit: plainText(24),
    private_metadata: string(3000, 0),
    callback_id: string(255, 0),
    external_id: string(255, 0),
    clear_on_close: boolean,
    notify_on_close: boolean,
    submit_disabled: boolean,
  },
  also: (value, at, problems) => {
    const blocks = listOf(value.blocks);
    checkIds(blocks, `${at}/blocks`, problems);
    if (value.submit === undefined && blocks.some((block) => fieldsOf(block).type === 'input'))
      complain(problems, 'missing required field: submit (the view has an input block)', at);
  },
});

/** What is wrong with a view; empty when Slack would open it. Modals only: this workspace has no Home tab. */
export function viewProblems(view: unknown): string[] {
  const problems: string[] = [];
  byKind({ modal })(view, '/view', problems);
  return problems;
}

/** Gives every block and element the id that Slack makes up where the app named none. */
export function withIds(blocks: readonly unknown[], fresh: () => string): Record<string, unknown>[] {
  const named = (element: unknown): unknown =>
    isFields(element) && element.type !== 'image' ? { ...element, action_id: element.action_id ?? fresh() } : element;
  return blocks.map((one) => {
    const block: Record<string, unknown> = { ...fieldsOf(one) };
    block.block_id ??= fresh();
    if (block.type === 'actions') block.elements = listOf(block.elements).map(named);
    if (isFields(block.accessory)) block.accessory = named(block.accessory);
    if (isFields(block.element)) block.element = named(block.element);
    return block;
  });
}
