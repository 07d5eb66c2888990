import type { ModalView } from '@slack/types';
import { entered, stateOf, submissionProblems } from '../../../src/demo/slack/inputs.ts';
import { closeStages, openStage, type Stage } from './stage.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const view = (title: string, more: Partial<ModalView> = {}): ModalView => ({
  type: 'modal',
  callback_id: title,
  title: plain(title),
  submit: plain('Go'),
  blocks: [],
  ...more,
});

describe('the answer to a submission', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage();
    stage.app.command('/breakglass', async ({ ack, client, command }) => {
      await client.views.open({ trigger_id: command.trigger_id, view: view('one') });
      await ack();
    });
    await stage.slack.as('U0ANA').command('/breakglass', '', 'C0INC');
  });
  afterEach(closeStages);

  it('pushes a second modal, goes back to the first when that is closed, and clears them all', async () => {
    const ana = stage.slack.as('U0ANA');
    stage.app.view('one', async ({ ack }) => ack({ response_action: 'push', view: view('two') }));
    stage.app.view('two', async ({ ack }) => ack({ response_action: 'clear' }));
    await ana.submit();
    expect(ana.modal()).toMatchObject({ title: 'two', stacked: true });
    await ana.close();
    expect(ana.modal()).toMatchObject({ title: 'one', stacked: false });
    await ana.submit();
    await ana.submit();
    expect(ana.modal()).toBeUndefined();
  });

  it('changes the modal, unless Slack would refuse the new view', async () => {
    const ana = stage.slack.as('U0ANA');
    let title = 'better';
    stage.app.view(/.*/, async ({ ack }) => ack({ response_action: 'update', view: view(title) }));
    expect((await ana.submit()).ok).toBe(true);
    expect(ana.modal()?.title).toBe('better');
    title = 'x'.repeat(25);
    expect(await ana.submit()).toMatchObject({ ok: false, shown: ['We had some trouble connecting. Try again?'] });
    expect(ana.modal()?.title).toBe('better');
  });
});

const input = (element: object, more: object = {}) => ({
  type: 'input',
  block_id: 'b',
  element: { action_id: 'a', ...element },
  ...more,
});
const option = (value: string) => ({ text: plain(value), value });

describe('an input', () => {
  it.each<[string, object, string, string | undefined]>([
    ['a required text that is empty', { type: 'plain_text_input' }, '', 'Please complete this required field.'],
    ['a text of the greatest length', { type: 'plain_text_input', max_length: 3 }, 'abc', undefined],
    ['a longer text', { type: 'plain_text_input', max_length: 3 }, 'abcd', 'Must be less than 4 characters.'],
    ['a shorter text', { type: 'plain_text_input', min_length: 3 }, 'ab', 'Must be more than 2 characters.'],
    [
      'a text beyond what Slack takes at all',
      { type: 'plain_text_input' },
      'x'.repeat(3001),
      'Must be less than 3001 characters.',
    ],
    ['a number', { type: 'number_input', is_decimal_allowed: false }, '15', undefined],
    ['a word for a number', { type: 'number_input', is_decimal_allowed: false }, 'ten', 'Please enter a valid number.'],
    [
      'a fraction where none is allowed',
      { type: 'number_input', is_decimal_allowed: false },
      '1.5',
      'Please enter a whole number.',
    ],
    [
      'a number that is too small',
      { type: 'number_input', is_decimal_allowed: true, min_value: '2' },
      '1',
      'Must be at least 2.',
    ],
    [
      'a number that is too great',
      { type: 'number_input', is_decimal_allowed: true, max_value: '2' },
      '3',
      'Must be at most 2.',
    ],
  ])('is judged by the client: %s', (_promise, element, entry, problem) => {
    const block = input(element);
    const value = entered({ action_id: 'a', ...element }, entry);
    const problems = submissionProblems([block], { b: { a: value } });
    expect(problems).toEqual(problem === undefined ? {} : { b: problem });
  });

  it('that is optional may stay empty', () => {
    const block = input({ type: 'plain_text_input' }, { optional: true });
    expect(submissionProblems([block], stateOf([block]))).toEqual({});
  });

  it.each<[object, string | string[], object]>([
    [{ type: 'users_select' }, 'U0BO', { selected_user: 'U0BO' }],
    [{ type: 'multi_users_select' }, ['U0BO'], { selected_users: ['U0BO'] }],
    [{ type: 'static_select', options: [option('x')] }, 'x', { selected_option: option('x') }],
    [
      { type: 'checkboxes', options: [option('x'), option('y')] },
      ['x', 'y'],
      { selected_options: [option('x'), option('y')] },
    ],
    [{ type: 'datepicker' }, '2030-01-01', { selected_date: '2030-01-01' }],
  ])('reports what was picked as Slack does: %j', (element, entry, value) => {
    expect(entered({ action_id: 'a', ...element }, entry)).toMatchObject(value);
  });

  it('keeps its value over an update while it stays the same, and loses it with its ids or its option', () => {
    const select = (values: string[]) => input({ type: 'static_select', options: values.map(option) });
    const before = { b: { a: entered({ type: 'static_select', action_id: 'a', options: [option('x')] }, 'x') } };
    expect(stateOf([select(['x', 'y'])], before)).toEqual(before);
    expect(stateOf([select(['y'])], before).b?.a).toMatchObject({ selected_option: null });
    expect(stateOf([{ ...select(['x']), block_id: 'c' }], before).c?.a).toMatchObject({ selected_option: null });
  });
});
