import { type Deed, isEnding, isHeardWhileStarting } from '../../../src/chat/dialog/heard.ts';

const ENDS: readonly Deed[] = [
  { typed: 'end r1' },
  { typed: '  “DENY” r1 not now' },
  { pressed: 'end' },
  { pressed: 'withdraw' },
  { pressed: 'deny' },
  { sent: 'deny' },
];
const WAITS_FOR_NOBODY: readonly Deed[] = [
  { typed: 'freeze all' },
  { typed: '`Freeze`: a leak' },
  { typed: 'LIST' },
  { pressed: 'freeze_all' },
];
const OPENS: readonly Deed[] = [
  { typed: '' },
  { typed: 'ending r1' },
  { typed: 'INC-1 end' },
  { typed: 'thaw' },
  { typed: 'extend' },
  { pressed: 'approve' },
  { pressed: 'extend' },
  { pressed: 'attest' },
  { pressed: 'ask_again' },
  { sent: 'request' },
  { sent: 'approve' },
  { sent: 'extend' },
  { sent: 'attest' },
];

it.each(ENDS)('%j ends, and is heard whatever else is unknown (D5)', (deed) => {
  expect([isEnding(deed), isHeardWhileStarting(deed)]).toEqual([true, true]);
});
it.each(WAITS_FOR_NOBODY)('%j is heard while the platform has not said who we are (B11)', (deed) => {
  expect([isEnding(deed), isHeardWhileStarting(deed)]).toEqual([false, true]);
});
it.each(OPENS)('%j is not', (deed) => {
  expect([isEnding(deed), isHeardWhileStarting(deed)]).toEqual([false, false]);
});
