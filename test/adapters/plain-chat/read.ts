import type { FieldValue, FormKind } from '../../../src/chat/dialog/form-view.ts';
import type { Press } from '../../../src/chat/dialog/press.ts';
import type { Submission } from '../../../src/chat/dialog/stored-form.ts';
import { PLAIN } from './definition.ts';
import type { Said } from './wire.ts';

/** What somebody meant by a line. */
export type Meant =
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'press'; readonly press: Press }
  | { readonly kind: 'submit'; readonly submission: Submission }
  | { readonly kind: 'change'; readonly submission: Submission; readonly changed: string };

const PRESSES: Readonly<Record<Press['action'], true>> = {
  approve: true,
  deny: true,
  extend: true,
  withdraw: true,
  end: true,
  attest: true,
  ask_again: true,
  freeze_all: true,
};
const FORMS: Readonly<Record<FormKind, true>> = {
  request: true,
  approve: true,
  deny: true,
  extend: true,
  attest: true,
};

const isPress = (word: string): word is Press['action'] => Object.hasOwn(PRESSES, word);
const isForm = (word: string): word is FormKind => Object.hasOwn(FORMS, word);

/** What these lines ask for; undefined where people just talk. An answer is one only under the message that it answers. */
export function meantBy({ text, house, room, under }: Said): Meant | undefined {
  const command = /^\/breakglass(?:\s+(.*))?$/s.exec(text.trim());
  if (command) return { kind: 'command', text: command[1] ?? '' };
  const [first = '', ...lines] = text.trim().split('\n');
  const [verb = '', about = '', third] = first.split(/\s+/);
  if (verb === 'form' || verb === 'change') {
    if (!isForm(about)) return undefined;
    const [, , id = '', last = ''] = first.split(/\s+/);
    const submission = { kind: about, id, values: valuesIn(lines, house), digest: verb === 'form' ? last : '' };
    return verb === 'form' ? { kind: 'submit', submission } : { kind: 'change', submission, changed: last };
  }
  if (under === undefined || !isPress(verb)) return undefined;
  return {
    kind: 'press',
    press: { action: verb, value: about, at: { chat: PLAIN, place: room, message: under }, digest: third },
  };
}

/** `field: value` lines; a line without a field goes on with the one before. Nobody is somebody but by a mention. */
function valuesIn(lines: readonly string[], house: string): Record<string, FieldValue> {
  const values: Record<string, string> = {};
  let last: string | undefined;
  for (const line of lines) {
    const [, field, value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (field !== undefined) values[field] = value;
    else if (last !== undefined) values[last] = `${values[last]}\n${line}`;
    last = field ?? last;
  }
  const filled = Object.entries(values).filter(([, value]) => value.trim() !== '');
  return Object.fromEntries(filled.map(([field, value]) => [field, mentioned(value, house)]));
}

function mentioned(value: string, house: string): FieldValue {
  const member = /^@\[([\w-]+)\]$/.exec(value.trim())?.[1];
  return member === undefined ? value : [`${PLAIN}:${house}:${member}`];
}
