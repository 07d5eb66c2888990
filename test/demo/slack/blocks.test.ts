import { messageProblems, viewProblems, withIds } from '../../../src/demo/slack/blocks.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const button = (more: object = {}) => ({ type: 'button', action_id: 'a', text: plain('Go'), ...more });
const actions = (...elements: object[]) => [{ type: 'actions', elements }];
const option = (value: string, text = value) => ({ text: plain(text), value });
const select = (more: object) => actions({ type: 'static_select', action_id: 's', ...more });
const options = (count: number) => Array.from({ length: count }, (_, index) => option(`o${index}`));
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) });

describe('Slack takes', () => {
  it.each<[string, object[]]>([
    ['a section of exactly 3000 characters', [section('x'.repeat(3000))]],
    ['a header of exactly 150 characters', [{ type: 'header', text: plain('x'.repeat(150)) }]],
    ['50 blocks', Array.from({ length: 50 }, () => ({ type: 'divider' }))],
    [
      '25 elements in an actions block',
      actions(...Array.from({ length: 25 }, (_, n) => button({ action_id: `a${n}` }))),
    ],
    ['100 options', select({ options: options(100) })],
    ['an option value of 150 characters', select({ options: [option('v'.repeat(150), 'ok')] })],
    ['fields without text', [{ type: 'section', fields: [mrkdwn('one'), plain('two')] }]],
    ['a confirmation dialog', actions(button({ confirm: { text: plain('Sure?'), style: 'danger' } }))],
    ['the same action id in two blocks', [...actions(button()), ...actions(button())]],
    ['groups of options', select({ option_groups: [{ label: plain('Zone A'), options: options(2) }] })],
  ])('%s', (_promise, blocks) => {
    expect(messageProblems(blocks)).toEqual([]);
  });
});

describe('Slack refuses', () => {
  it.each<[string, object[], string]>([
    [
      'a longer section',
      [section('x'.repeat(3001))],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    ['an empty section', [section('')], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
    [
      'a section without words',
      [{ type: 'section' }],
      'missing required field: text (or fields) [json-pointer:/blocks/0]',
    ],
    [
      'a longer header',
      [{ type: 'header', text: plain('x'.repeat(151)) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'markup in a header',
      [{ type: 'header', text: mrkdwn('*x*') }],
      'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
    ],
    [
      '51 blocks',
      Array.from({ length: 51 }, () => ({ type: 'divider' })),
      'no more than 50 items allowed [json-pointer:/blocks]',
    ],
    [
      '11 fields',
      [{ type: 'section', fields: Array.from({ length: 11 }, () => plain('x')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'a field of 2001 characters',
      [{ type: 'section', fields: [plain('x'.repeat(2001))] }],
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      '11 parts of a context',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => plain('x')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      '26 elements in an actions block',
      actions(...Array.from({ length: 26 }, (_, n) => button({ action_id: `a${n}` }))),
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a long button',
      actions(button({ text: plain('x'.repeat(76)) })),
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'a long button value',
      actions(button({ value: 'x'.repeat(2001) })),
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'an unknown style',
      actions(button({ style: 'warning' })),
      'must be a valid enum value (primary, danger) [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'a long action id',
      actions(button({ action_id: 'x'.repeat(256) })),
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'one action id twice in a block',
      actions(button(), button()),
      'action_id must be unique within its block: a [json-pointer:/blocks/0]',
    ],
    [
      'one block id twice',
      [
        { type: 'divider', block_id: 'b' },
        { type: 'divider', block_id: 'b' },
      ],
      'block_id must be unique: b [json-pointer:/blocks/1/block_id]',
    ],
    [
      'an unknown field of a block',
      [{ type: 'divider', colour: 'red' }],
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
    [
      'an unknown field of an element',
      actions(button({ tooltip: 'x' })),
      'invalid additional property: tooltip [json-pointer:/blocks/0/elements/0]',
    ],
    ['an unknown block', [{ type: 'hologram' }], 'unsupported type: hologram [json-pointer:/blocks/0/type]'],
    [
      'a text input among buttons',
      actions({ type: 'plain_text_input' }),
      'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      '101 options',
      select({ options: options(101) }),
      'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'no options',
      select({ options: [] }),
      'no less than 1 items required [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'options and groups',
      select({ options: options(1), option_groups: [{ label: plain('g'), options: options(1) }] }),
      'must provide exactly one of options and option_groups [json-pointer:/blocks/0/elements/0]',
    ],
    [
      'a long option',
      select({ options: [option('v', 'x'.repeat(76))] }),
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]',
    ],
    [
      'a long option value',
      select({ options: [option('v'.repeat(151), 'ok')] }),
      'must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]',
    ],
    [
      'a choice that is not offered',
      select({ options: options(2), initial_option: option('o9') }),
      'initial option is not among the options [json-pointer:/blocks/0/elements/0/initial_option]',
    ],
    [
      'markup in a menu',
      select({ options: [{ text: mrkdwn('*x*'), value: 'v' }] }),
      'unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]',
    ],
    [
      'a long confirmation',
      actions(button({ confirm: { text: plain('x'.repeat(301)) } })),
      'must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]',
    ],
    [
      'six entries of an overflow menu',
      actions({ type: 'overflow', options: options(6) }),
      'no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'an image without a description',
      [{ type: 'image', image_url: 'https://x.example/y.png' }],
      'missing required field: alt_text [json-pointer:/blocks/0]',
    ],
  ])('%s', (_promise, blocks, problem) => {
    expect(messageProblems(blocks)).toEqual([`[ERROR] ${problem}`]);
  });
});

const input = (more: object = {}, element: object = {}) => ({
  type: 'input',
  block_id: 'b',
  label: plain('Purpose'),
  element: { type: 'plain_text_input', action_id: 'p', ...element },
  ...more,
});
const modal = (more: object) => ({
  type: 'modal',
  title: plain('Ask'),
  submit: plain('Ask'),
  blocks: [input()],
  ...more,
});

describe('Slack refuses a modal with', () => {
  it.each<[string, object, string]>([
    [
      'a long title',
      modal({ title: plain('x'.repeat(25)) }),
      'must be less than 25 characters [json-pointer:/view/title/text]',
    ],
    [
      'a long submit button',
      modal({ submit: plain('x'.repeat(25)) }),
      'must be less than 25 characters [json-pointer:/view/submit/text]',
    ],
    [
      'a long close button',
      modal({ close: plain('x'.repeat(25)) }),
      'must be less than 25 characters [json-pointer:/view/close/text]',
    ],
    [
      'inputs and no submit button',
      modal({ submit: undefined }),
      'missing required field: submit (the view has an input block) [json-pointer:/view]',
    ],
    [
      '101 blocks',
      modal({ blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }),
      'no more than 100 items allowed [json-pointer:/view/blocks]',
    ],
    [
      'too much private metadata',
      modal({ private_metadata: 'x'.repeat(3001) }),
      'must be less than 3001 characters [json-pointer:/view/private_metadata]',
    ],
    [
      'a long callback id',
      modal({ callback_id: 'x'.repeat(256) }),
      'must be less than 256 characters [json-pointer:/view/callback_id]',
    ],
    [
      'a long label',
      modal({ blocks: [input({ label: plain('x'.repeat(2001)) })] }),
      'must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]',
    ],
    [
      'a long hint',
      modal({ blocks: [input({ hint: plain('x'.repeat(2001)) })] }),
      'must be less than 2001 characters [json-pointer:/view/blocks/0/hint/text]',
    ],
    [
      'a long placeholder',
      modal({ blocks: [input({}, { placeholder: plain('x'.repeat(151)) })] }),
      'must be less than 151 characters [json-pointer:/view/blocks/0/element/placeholder/text]',
    ],
    [
      'an input longer than Slack allows',
      modal({ blocks: [input({}, { max_length: 3001 })] }),
      'must be less than or equal to 3000 [json-pointer:/view/blocks/0/element/max_length]',
    ],
    [
      'a button as an input',
      modal({ blocks: [input({ element: button() })] }),
      'unsupported type: button [json-pointer:/view/blocks/0/element/type]',
    ],
    [
      'a number input that does not say whether decimals count',
      modal({ blocks: [input({ element: { type: 'number_input', action_id: 'n' } })] }),
      'missing required field: is_decimal_allowed [json-pointer:/view/blocks/0/element]',
    ],
    ['an unknown field', modal({ width: 'wide' }), 'invalid additional property: width [json-pointer:/view]'],
    ['another kind of view', { type: 'home', blocks: [] }, 'unsupported type: home [json-pointer:/view/type]'],
  ])('%s', (_promise, view, problem) => {
    expect(viewProblems(view)).toEqual([`[ERROR] ${problem}`]);
  });

  it('none of this, takes a modal of a hundred blocks', () => {
    expect(viewProblems(modal({ blocks: Array.from({ length: 100 }, () => ({ type: 'divider' })) }))).toEqual([]);
  });
});

it('makes up ids where the app gave none, and keeps those it gave', () => {
  let next = 0;
  const named = withIds(
    [...actions({ ...button(), action_id: undefined }), { type: 'divider', block_id: 'mine' }],
    () => `id${next++}`,
  );
  expect(named).toMatchObject([{ block_id: 'id0', elements: [{ action_id: 'id1' }] }, { block_id: 'mine' }]);
});
