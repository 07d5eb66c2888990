import type { ViewOutput } from '@slack/bolt';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { FormKind, FormValues } from '../dialog/form-view.ts';
import type { Submission } from '../dialog/stored-form.ts';
import { fieldOf, termsBlock } from './ids.ts';

/**
 * What stands in a form, by field. Slack names a picked person by the user id alone: the keys are that id's in every
 * organisation that is ours.
 */
export function formRead(kind: FormKind, view: ViewOutput, homes: readonly string[]): Submission {
  const values: Record<string, FormValues[string]> = {};
  for (const [block, actions] of Object.entries(view.state.values)) {
    for (const { value, selected_option: option, selected_user: user } of Object.values(actions)) {
      const read = value ?? option?.value ?? (user ? homes.map((home): ChatKey => `slack:${home}:${user}`) : undefined);
      if (read) values[fieldOf(kind, block)] = read;
    }
  }
  return { kind, id: view.private_metadata, values, digest: shownDigest(view) };
}

/** The digest of the terms that this view showed, or nothing if it showed none. */
const shownDigest = ({ blocks }: ViewOutput): string =>
  blocks
    .map(({ block_id: id = '' }) => id)
    .find((id) => id.startsWith(termsBlock('')))
    ?.slice(termsBlock('').length) ?? '';

/** The errors by block, as Slack takes them: one of a field that this view does not show stands on its first. */
export function blockErrors(
  kind: FormKind,
  { blocks }: ViewOutput,
  errors: Readonly<Record<string, string>>,
): Record<string, string> {
  const inputs = blocks.filter(({ type }) => type === 'input').map(({ block_id: id = '' }) => id);
  const blockFor = (field: string) => inputs.find((id) => fieldOf(kind, id) === field) ?? inputs[0] ?? field;
  return Object.fromEntries(Object.entries(errors).map(([field, said]) => [blockFor(field), said]));
}
