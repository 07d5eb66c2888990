import { Pace } from '../../../src/chat/slack/pace.ts';

const NAME = 'chat.update';
const USUAL = 1_000;
const PATIENCE = 20_000;

describe('the pace of calls to Slack', () => {
  let now: number;
  let pace: Pace;
  beforeEach(() => {
    now = 5_000;
    pace = new Pace(() => now);
  });
  const take = () => pace.take(NAME, PATIENCE);

  it('holds nothing back until Slack shows a limit, and then nothing else than what was limited', () => {
    expect([take(), take(), take()]).toEqual([0, 0, 0]);
    pace.limited(NAME, USUAL, 3_000);
    expect(pace.take('chat.delete', PATIENCE)).toBe(0);
  });

  it('comes back when Slack says, one call after the other', () => {
    pace.limited(NAME, USUAL, 3_000);
    expect([take(), take(), take()]).toEqual([3_000, 4_000, 5_000]);
    expect(pace.isBlocked(NAME)).toBe(true);
    now += 3_000;
    expect(pace.isBlocked(NAME)).toBe(false);
  });

  it('takes nothing where the place is further away than the caller waits', () => {
    pace.limited(NAME, USUAL, 30_000);
    expect(take()).toBeUndefined();
    now += 10_000;
    expect(take()).toBe(20_000);
  });

  it('waits a call’s usual time where Slack says to come back at once', () => {
    pace.limited(NAME, USUAL, 0);
    expect(take()).toBe(USUAL);
  });

  it('learns once from calls that were turned away together, and stretches when it is told again', () => {
    for (let call = 0; call < 8; call++) pace.limited(NAME, USUAL, 1_000);
    expect([take(), take()]).toEqual([1_000, 2_000]);
    now += 2_000;
    pace.limited(NAME, USUAL, 1_000);
    expect([take(), take()]).toEqual([1_000, 3_000]);
  });

  it('relaxes while calls go through, never below what Slack promises, and forgets a limit that nobody meets', () => {
    for (let lesson = 0; lesson < 10; lesson++) {
      pace.limited(NAME, USUAL, 0);
      now += USUAL;
    }
    for (let call = 0; call < 500; call++) pace.passed(NAME, USUAL);
    const [first = 0, second = 0] = [take(), take()];
    expect(second - first).toBe(USUAL);
    now += 120_000;
    expect([take(), take()]).toEqual([0, 0]);
  });
});
