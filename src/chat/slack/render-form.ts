import type { InputBlock, KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import { cut } from '../../core/cut.ts';
import type {
  FormBlock,
  FormField,
  FormKind,
  FormView,
  MenuField,
  MenuOption,
  PersonField,
  TextField,
} from '../dialog/form-view.ts';
import { cardStandsIn } from '../words/dialog-words.ts';
import { notFittingWords } from '../words/form-words.ts';
import { lines, plain, section, words } from './blocks.ts';
import { FORMS, fieldBlock, pickOf, termsBlock } from './ids.ts';
import { keyAt, linked, mrkdwn, userOf } from './text.ts';

/** Most options of one menu. https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
export const OPTIONS_MAX = 100;
/** Most characters of an option. https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
const OPTION_MAX = 75;
const TITLE_MAX = 24;
const LABEL_MAX = 100;
const PLACEHOLDER_MAX = 150;

/** A form as Slack shows it. People of `homes` are mentioned, others named. https://docs.slack.dev/reference/views */
export const formModal = (view: FormView, homes: readonly string[]): ModalView => ({
  type: 'modal',
  title: plain(view.title, TITLE_MAX),
  close: plain(view.close, TITLE_MAX),
  ...(view.kind === 'page' ? {} : { callback_id: FORMS[view.kind], private_metadata: view.id }),
  ...(view.submit === undefined ? {} : { submit: plain(view.submit, TITLE_MAX) }),
  blocks: view.blocks.flatMap((block) => drawn(block, view.kind, homes)),
});

function drawn(block: FormBlock, form: FormKind | 'page', homes: readonly string[]): readonly KnownBlock[] {
  if ('field' in block) return drawnField(block, form, homes);
  if ('words' in block) {
    return [{ ...words(block.words), ...(block.digest === undefined ? {} : { block_id: termsBlock(block.digest) }) }];
  }
  if ('phrase' in block) return [section(mrkdwn(block.phrase, homes))];
  if ('lines' in block) return lines(block.lines, homes);
  if ('link' in block) return [section(linked(block.link, block.label))];
  return [section(cardStandsIn(`<#${block.cardIn}>`))];
}

function drawnField(field: FormField, form: FormKind | 'page', homes: readonly string[]): readonly KnownBlock[] {
  switch (field.kind) {
    case 'text':
      return [input(field, form, textElement(field))];
    case 'person':
      return [input(field, form, personElement(field, homes))];
    case 'menu': {
      const { shown, left } = fitting(field);
      const note = left === 0 ? [] : [words(notFittingWords(left, field.noun ?? 'option'))];
      return [input(field, form, menuElement(field, shown)), ...note];
    }
  }
}

/**
 * Slack keeps what was entered only while the block's id stays: what the field was made for stands in it, so that a new
 * choice shows its own presets.
 */
const input = (field: FormField, form: FormKind | 'page', element: InputBlock['element']): InputBlock => ({
  type: 'input',
  block_id: fieldBlock(form, field.field, field.madeFor),
  label: plain(field.label, LABEL_MAX),
  element,
  ...(field.redraws ? { dispatch_action: true } : {}),
  ...(field.optional ? { optional: true } : {}),
});

const actionOf = ({ field, redraws }: FormField): string => (redraws ? pickOf(field) : field);
const placeholderOf = ({ placeholder }: FormField) =>
  placeholder === undefined ? {} : { placeholder: plain(placeholder, PLACEHOLDER_MAX) };

const textElement = (field: TextField): InputBlock['element'] => ({
  type: 'plain_text_input',
  action_id: actionOf(field),
  ...(field.multiline ? { multiline: true } : {}),
  ...(field.min === undefined ? {} : { min_length: field.min }),
  max_length: field.max,
  ...placeholderOf(field),
  ...(field.preset ? { initial_value: cut(field.preset, field.max) } : {}),
});

function personElement(field: PersonField, homes: readonly string[]): InputBlock['element'] {
  const key = keyAt(field.preset ?? [], homes);
  return {
    type: 'users_select',
    action_id: actionOf(field),
    ...placeholderOf(field),
    ...(key === undefined ? {} : { initial_user: userOf(key) }),
  };
}

/** What fits into one menu, the chosen one always among it and first, and how many do not. */
function fitting({ options, preset, noun }: MenuField): {
  readonly shown: readonly MenuOption[];
  readonly left: number;
} {
  const isChosen = ({ value }: MenuOption) => Number(value === preset);
  const all = noun === undefined ? options : options.toSorted((a, b) => isChosen(b) - isChosen(a));
  const shown = all.slice(0, OPTIONS_MAX);
  return { shown, left: options.length - shown.length };
}

const option = ({ value, label, note = '' }: MenuOption): PlainTextOption => ({
  text: plain(`${cut(label, OPTION_MAX - note.length)}${note}`, OPTION_MAX),
  value,
});

function menuElement(field: MenuField, shown: readonly MenuOption[]): InputBlock['element'] {
  const chosen = shown.find(({ value }) => value === field.preset);
  const grouped = field.groups?.flatMap((group) => {
    const options = shown.filter((one) => one.group === group).map(option);
    return options.length === 0 ? [] : [{ label: plain(group, OPTION_MAX), options }];
  });
  return {
    type: 'static_select',
    action_id: actionOf(field),
    ...placeholderOf(field),
    ...(grouped === undefined ? { options: shown.map(option) } : { option_groups: grouped }),
    ...(chosen ? { initial_option: option(chosen) } : {}),
  };
}
