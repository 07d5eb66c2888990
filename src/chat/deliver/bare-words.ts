import type { Content } from '../words/content.ts';
import { wordsOf } from '../words/phrase.ts';

/** A message as bare words: for a chat that refuses how it is written, and for notifications. */
export function bareWords(content: Content): string {
  switch (content.kind) {
    case 'card':
      return `${content.card.headline}. ${wordsOf(content.card.status)}`;
    case 'entry':
      return wordsOf(content.entry.said);
    case 'note':
      return wordsOf(content.note.said);
    case 'lines':
      return content.lines.join('\n');
    case 'bare':
      return content.words;
  }
}
