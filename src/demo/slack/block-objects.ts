import { boolean, byKind, complain, list, oneOf, type Rule, shape, string } from './block-rules.ts';
import { fieldsOf, listOf } from './json.ts';

/**
 * Composition objects: text, options, confirmation dialogs, dispatch settings.
 * Limits: https://docs.slack.dev/reference/block-kit/composition-objects
 */

const plainRule = (max: number): Rule => shape({ needs: { text: string(max) }, may: { emoji: boolean } });
const mrkdwnRule = (max: number): Rule => shape({ needs: { text: string(max) }, may: { verbatim: boolean } });

/** A text object that must be `plain_text`. */
export const plainText = (max: number): Rule => byKind({ plain_text: plainRule(max) });

/** A text object of either kind. */
export const anyText = (max: number): Rule => byKind({ plain_text: plainRule(max), mrkdwn: mrkdwnRule(max) });

/** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
export const confirm: Rule = shape({
  needs: { text: anyText(300) },
  may: { title: plainText(100), confirm: plainText(30), deny: plainText(30), style: oneOf('primary', 'danger') },
});

/** https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object */
export const dispatchConfig: Rule = shape({
  needs: { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), 2) },
});

/** An option of a menu: its words are plain text. https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
export const menuOption: Rule = shape({
  needs: { text: plainText(75), value: string(150) },
  may: { description: plainText(75) },
});

/** An option of an overflow menu, which alone may carry a link. */
export const overflowOption: Rule = shape({
  needs: { text: plainText(75), value: string(150) },
  may: { description: plainText(75), url: string(3000) },
});

/** An option of radio buttons or checkboxes, which alone may use mrkdwn. */
export const tickOption: Rule = shape({
  needs: { text: anyText(75), value: string(150) },
  may: { description: anyText(75) },
});

/** https://docs.slack.dev/reference/block-kit/composition-objects/option-group-object */
export const optionGroup: Rule = shape({ needs: { label: plainText(75), options: list(menuOption, 100) } });

/** Every option of an element, those inside groups included. */
export const optionsOf = (element: unknown): readonly unknown[] => {
  const { options, option_groups } = fieldsOf(element);
  return [...listOf(options), ...listOf(option_groups).flatMap((group) => listOf(fieldsOf(group).options))];
};

/** What is preselected must be among the options, word for word, or Slack refuses the whole message. */
export function checkInitial(
  element: Readonly<Record<string, unknown>>,
  chosen: readonly unknown[],
  at: string,
  problems: string[],
): void {
  const known = optionsOf(element).map((option) => sameness(option));
  chosen.forEach((option) => {
    if (!known.includes(sameness(option))) complain(problems, 'initial option is not among the options', at);
  });
}

/** Two options are the same when their value and words are; `emoji` and field order do not matter. */
function sameness(option: unknown): string {
  const { text, value } = fieldsOf(option);
  return JSON.stringify([fieldsOf(text).text, value]);
}
