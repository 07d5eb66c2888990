import {
  escaped,
  type Ink,
  type Reader,
  readMrkdwn,
  readPlain,
  unescaped,
  wordsOf,
} from '../../../src/demo/slack/mrkdwn.ts';

const noon = Date.UTC(2030, 0, 1, 12);
const reader: Reader = {
  id: 'U0ANA',
  tz: 'Europe/Madrid',
  now: noon,
  personName: (id) => ({ U0ANA: 'Ana', U0BO: 'Bo' })[id],
  channelName: (id) => ({ C0INC: 'inc-42' })[id],
};
const text = (words: string): Ink => ({ kind: 'text', text: words });
const token = (format: string) => `<!date^${noon / 1000}^${format}|fallback>`;

describe('a mrkdwn text shows', () => {
  it.each<[string, string, Ink[]]>([
    ['bold words', 'a *b c* d', [text('a '), { kind: 'bold', children: [text('b c')] }, text(' d')]],
    [
      'italics in bold',
      '*a _b_*',
      [{ kind: 'bold', children: [text('a '), { kind: 'italic', children: [text('b')] }] }],
    ],
    ['stars inside a word as they are', '2*3*4', [text('2*3*4')]],
    ['a star before a space as it is', '* a *', [text('* a *')]],
    ['code without markup in it', '`*a* &lt;b&gt;`', [{ kind: 'code', text: '*a* <b>' }]],
    ['a fenced block', '```\n*a*\n```', [{ kind: 'pre', text: '*a*' }]],
    [
      'a link under its label',
      '<https://x.example|click>',
      [{ kind: 'link', url: 'https://x.example', text: 'click' }],
    ],
    [
      'a bare address as a link',
      'see https://x.example/a',
      [text('see '), { kind: 'link', url: 'https://x.example/a', text: 'https://x.example/a' }],
    ],
    ['a mention of the reader', '<@U0ANA>', [{ kind: 'mention', id: 'U0ANA', text: '@Ana', own: true }]],
    ['a mention of another', '<@U0BO>', [{ kind: 'mention', id: 'U0BO', text: '@Bo', own: false }]],
    ['a channel', '<#C0INC>', [{ kind: 'channel', id: 'C0INC', text: '#inc-42' }]],
    ['a broadcast', '<!here>', [{ kind: 'broadcast', text: '@here' }]],
    ['a quote', '&gt; a', [{ kind: 'quote', children: [text('a')] }]],
    ['escaped markup as words', '&lt;@U0BO&gt; &amp;lt;', [text('<@U0BO> &lt;')]],
    ['a script address as words', '<javascript:alert(1)|x>', [text('<javascript:alert(1)|x>')]],
  ])('%s', (_promise, source, inks) => {
    expect(readMrkdwn(source, reader)).toEqual(inks);
  });

  it.each([
    ['{date_num} {time}', '2030-01-01 1:00 PM'],
    ['{date_short_pretty} at {time}', 'today at 1:00 PM'],
    ['{date_long}', 'Tuesday, January 1, 2030'],
    ['{nonsense}', 'fallback'],
  ])('a date as %s in the zone of the reader', (format, shown) => {
    expect(wordsOf(readMrkdwn(token(format), reader))).toBe(shown);
  });

  it('no link for a bare address when it is verbatim', () => {
    expect(readMrkdwn('https://x.example', reader, true)).toEqual([text('https://x.example')]);
  });
});

it('a plain text shows no markup at all', () => {
  expect(readPlain('*a* <https://x.example|b> &amp;')).toEqual([text('*a* <https://x.example|b> &')]);
});

it('escaping and reading again gives back what was typed', () => {
  const typed = '<!channel> & &lt; "*bold*"';
  expect(unescaped(escaped(typed))).toBe(typed);
});
