import { freezeWish } from '../../../src/chat/dialog/freeze-command.ts';

const NBSP = '\u00a0';
const ZERO_WIDTH = '\u200b';

describe('what /breakglass freeze means (B11)', () => {
  it.each<[text: string, reason: string]>([
    ['freeze all', ''],
    ['FREEZE ALL', ''],
    ['Freeze All', ''],
    ['  freeze   all  ', ''],
    [`freeze${NBSP}all`, ''],
    [`${NBSP}freeze all${NBSP}`, ''],
    ['freeze\tall\n', ''],
    ['freeze\u3000all', ''],
    [`freeze all${ZERO_WIDTH}`, ''],
    ['freeze all.', ''],
    ['freeze all…', ''],
    ['freeze all!', ''],
    ['freeze ａｌｌ', ''],
    ['freeze all:', ''],
    ['freeze “all”', ''],
    ['freeze "all"', ''],
    ['`freeze all`', ''],
    ['freeze all: keys leaked', 'keys leaked'],
    ['freeze all :x', 'x'],
    ['freeze all : x', 'x'],
    [`freeze all${NBSP}: x`, 'x'],
    ['freeze all：keys leaked', 'keys leaked'],
    ['freeze all﹕keys leaked', 'keys leaked'],
    ['freeze all∶keys leaked', 'keys leaked'],
    ['FREEZE ALL: all hands on deck', 'all hands on deck'],
  ])('%j ends everything at once', (text, reason) => {
    expect(freezeWish(text)).toEqual({ end: 'everything', reason });
  });

  it.each<[text: string, reason: string]>([
    ['freeze all hands on deck', 'all hands on deck'],
    ['FREEZE ALL HANDS', 'ALL HANDS'],
    [`freeze all${NBSP}hands`, 'all hands'],
    [`freeze all${ZERO_WIDTH}hands`, 'all hands'],
    ['freeze all, now', 'all, now'],
    ['freeze all; now', 'all; now'],
    ['freeze all - keys leaked', 'all - keys leaked'],
    ['freeze all — keys leaked', 'all — keys leaked'],
    ['freeze all. keys: leaked', 'all. keys: leaked'],
    ['freeze all hands: on deck', 'all hands: on deck'],
    ['freeze alll', 'alll'],
    ['freeze allowlist leaked', 'allowlist leaked'],
    ['freeze *all*', '*all*'],
    ['freeze --all', 'all'],
    ['freeze —all', 'all'],
    ['freeze: all', 'all'],
    ['freeze, all', 'all'],
    ['freeze-all', 'all'],
    ['freezeall', 'all'],
  ])('%j freezes and asks about what is open', (text, reason) => {
    expect(freezeWish(text)).toEqual({ end: 'ask', reason });
  });

  it.each<[text: string, reason: string]>([
    ['freeze', ''],
    ['FREEZE', ''],
    ['Freeze.', ''],
    ['freeze…', ''],
    ['freeze:', ''],
    [`freeze${NBSP}`, ''],
    ['“freeze”', ''],
    ['freeze keys leaked', 'keys leaked'],
    ['freeze: keys leaked', 'keys leaked'],
    ['freeze：keys leaked', 'keys leaked'],
    ['freeze - keys leaked', 'keys leaked'],
    ['freeze not all of it', 'not all of it'],
    ['freeze the hall', 'the hall'],
  ])('%j stops openings, and leaves what is open', (text, reason) => {
    expect(freezeWish(text)).toEqual({ end: 'nothing', reason });
  });

  it.each(['', 'all', 'thaw', 'freezer', 'freeze-db-writes', 'freeze_12', 'INC-1 freeze', 'unfreeze all'])(
    '%j is another command',
    (text) => {
      expect(freezeWish(text)).toBeUndefined();
    },
  );
});
