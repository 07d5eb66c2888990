import type { FormBlock, FormField, FormView } from '../../../src/chat/dialog/form-view.ts';
import { lateWords, type Reply } from '../../../src/chat/dialog/reply.ts';
import type { CardView } from '../../../src/chat/words/card.ts';
import type { Content } from '../../../src/chat/words/content.ts';
import { cardStandsIn, STILL_NEEDED } from '../../../src/chat/words/dialog-words.ts';
import { fitting, inert, memberOf, mention, spoken } from './text.ts';
import { TEXT_MAX } from './wire.ts';

/** Bare words of a message that the chat refused are kept well below its limit. */
const BARE_MAX = 1_000;

/** A message's content as the lines of one text. */
export function textOf(content: Content, house: string): string {
  switch (content.kind) {
    case 'card':
      return cardText(content.card, house);
    case 'entry': {
      const { said, quote, manualCommands } = content.entry;
      const commands = manualCommands === undefined ? [] : [manualCommands.said, ...manualCommands.commands];
      const quoted = quote === undefined ? [] : quote.split('\n').map((line) => `> ${inert(line)}`);
      return fitting([spoken(said, house), ...quoted, ...commands.map(inert)].join('\n'), '', TEXT_MAX);
    }
    case 'note': {
      const { said, link, before, snippets = [], askAgain } = content.note;
      const linked = link === undefined ? [] : [`${inert(link.label)}: ${link.url}`];
      const copied = [...(before === undefined ? [] : [inert(before)]), ...snippets.map(inert)];
      const again = askAgain === undefined ? '' : `Answer here: ask_again ${askAgain}`;
      return fitting([spoken(said, house), ...linked, ...copied].join('\n'), again, TEXT_MAX);
    }
    case 'lines':
      return fitting(content.lines.map(inert).join('\n'), '', TEXT_MAX);
    case 'bare':
      return fitting(inert(content.words), '', BARE_MAX);
  }
}

/** What can be answered stands below, and is never cut. */
function cardText(card: CardView, house: string): string {
  const facts = card.facts.map(({ label, value }) => `${label}: ${spoken(value, house)}`);
  const open = card.open.length === 0 ? [] : [STILL_NEEDED, ...card.open.map((one) => spoken(one, house))];
  const commands = card.manualCommands === undefined ? [] : [card.manualCommands.said, ...card.manualCommands.commands];
  const lines = [
    `[${card.tone}] ${inert(card.headline)}`,
    spoken(card.status, house),
    ...facts,
    ...card.approvals.map((one) => spoken(one, house)),
    ...open,
    ...card.caveats.map((caveat) => `! ${inert(caveat)}`),
    ...commands.map(inert),
  ];
  const answers = card.buttons.map(
    ({ action, label, confirm }) =>
      `Answer here: ${action} ${card.requestId} ${card.digest} (${label}${confirm === undefined ? '' : `: ${confirm.text}`})`,
  );
  return fitting(lines.join('\n'), answers.join('\n'), TEXT_MAX);
}

/** What came of something, for whoever did it. */
export function replyText(reply: Reply, house: string): string {
  if ('form' in reply) return formText(reply.form, house);
  if ('update' in reply) return formText(reply.update, house);
  if ('fieldErrors' in reply) {
    return inert(
      Object.entries(reply.fieldErrors)
        .map(([field, why]) => `${field}: ${why}`)
        .join('\n'),
    );
  }
  const button = 'say' in reply ? reply.button : undefined;
  const below = button === undefined ? '' : `Answer here: ${button.action} ${button.value} (${button.label})`;
  return fitting(inert(lateWords(reply)), below, TEXT_MAX);
}

/** What a form says, and below it the lines that send it, to be copied and filled in. */
function formText(view: FormView, house: string): string {
  const said = view.blocks.flatMap((block) => blockLines(block, house));
  if (view.submit === undefined) return fitting([view.title, ...said].join('\n'), '', TEXT_MAX);
  const fields = view.blocks.flatMap((block) => ('field' in block ? [block] : []));
  const digest = view.blocks.flatMap((block) =>
    'digest' in block && block.digest !== undefined ? [block.digest] : [],
  );
  const template = [
    `To ${inert(view.submit)}, answer with these lines:`,
    ['form', view.kind, view.id, ...digest].join(' '),
    ...fields.map((field) => `${field.field}: ${presetOf(field, house)}`),
  ];
  return fitting([view.title, ...said].join('\n'), template.join('\n'), TEXT_MAX);
}

function blockLines(block: FormBlock, house: string): readonly string[] {
  if ('field' in block) return fieldLines(block);
  if ('words' in block) return [inert(block.words)];
  if ('phrase' in block) return [spoken(block.phrase, house)];
  if ('lines' in block) return block.lines.map((line) => spoken(line, house));
  if ('link' in block) return [`${inert(block.label)}: ${block.link}`];
  return [cardStandsIn(block.cardIn)];
}

function fieldLines(field: FormField): readonly string[] {
  const named = `${field.field}: ${inert(field.label)}${field.optional ? ' (may be left out)' : ''}`;
  if (field.kind !== 'menu') return [named];
  return [named, ...field.options.map(({ value, label, note = '' }) => `  ${value} = ${inert(`${label}${note}`)}`)];
}

const presetOf = (field: FormField, house: string): string => {
  if (field.kind === 'person') {
    const member = memberOf(field.preset ?? [], house);
    return member === undefined ? '' : mention(member);
  }
  return inert(field.preset ?? '').replaceAll('\n', ' ');
};
