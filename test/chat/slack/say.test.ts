import type { KnownBlock } from '@slack/types';
import { sayMessage } from '../../../src/chat/slack/render.ts';
import { mrkdwn, unescaped } from '../../../src/chat/slack/text.ts';
import { messageProblems } from '../../../src/demo/slack/blocks.ts';

const textOf = (block: KnownBlock): string => (block.type === 'section' ? unescaped(block.text?.text ?? '') : '');
const shown = (text: string): string => sayMessage(text).blocks.map(textOf).join('\n');
const lengths = (text: string): readonly number[] =>
  sayMessage(text).blocks.map((block) => (block.type === 'section' ? (block.text?.text.length ?? 0) : 0));

describe('plain words to one person', () => {
  it('are one section where they fit', () => {
    expect(sayMessage('Recorded.')).toMatchObject({ text: 'Recorded.', blocks: [{ text: { text: 'Recorded.' } }] });
    expect(sayMessage('').blocks).toHaveLength(1);
  });

  it('arrive whole, last line too, when they are longer than one block (the cheat sheet)', () => {
    const sheet = [
      ...Array.from({ length: 120 }, (_, n) => `role-${n} <b> & what it is for, in words`),
      'Phone: +49 30 1',
    ];
    const text = sheet.join('\n');
    expect(shown(text)).toBe(text);
    expect(messageProblems(sayMessage(text).blocks)).toEqual([]);
    expect(Math.max(...lengths(text))).toBeLessThanOrEqual(3000);
    expect(sayMessage(text).text.length).toBeLessThanOrEqual(3000);
  });

  it('keep a line that is longer than a block', () => {
    const line = '&'.repeat(1500);
    expect(shown(line).replaceAll('\n', '')).toBe(line);
    expect(messageProblems(sayMessage(line).blocks)).toEqual([]);
  });

  it('say how much is left out when no message could hold them', () => {
    const text = Array.from({ length: 400 }, (_, n) => `${n} ${'<'.repeat(40)}`).join('\n');
    expect(shown(text)).toMatch(/… and \d+ more lines: one message holds no more\.$/);
    expect(messageProblems(sayMessage(text).blocks)).toEqual([]);
    expect(lengths(text).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(12_000);
  });
});

it('mentions somebody by a key of Slack alone, whatever another chat calls its organisation', () => {
  const person = { id: 'riley', name: 'Riley', keys: ['msteams:T0BREAK:U0OTHER', 'slack:T0BREAK:U0RILEY'] } as const;
  expect(mrkdwn([{ person }], ['T0BREAK'])).toBe('<@U0RILEY>');
});
