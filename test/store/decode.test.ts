import { instantIn, instantOf, wholeOf } from '../../src/store/decode.ts';
import { eventOf, rowOf } from '../../src/store/row-codec.ts';
import { walkTo } from '../support/requests.ts';

const UNREAD = expect.objectContaining({ code: 'STORE_UNAVAILABLE' });
const thrown = (decode: () => unknown): unknown => {
  try {
    return decode();
  } catch (error) {
    return error;
  }
};

describe('what a statement answered', () => {
  it.each([
    null,
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '29.11.2026 17:00:00 UTC',
    new Date(Number.NaN),
    new Date('0026-11-29T17:00:00Z'),
    {},
  ])('is no instant, and no answer, when it is %p', (value) => {
    expect(thrown(() => instantOf(value, 'the clock'))).toEqual(UNREAD);
    expect(thrown(() => instantIn(value, 'the clock'))).toEqual(UNREAD);
  });

  it.each([null, undefined, Number.NaN, 1.5, '7', 7n, {}])('is no whole number when it is %p', (value) => {
    expect(thrown(() => wholeOf(value, 'a number'))).toEqual(UNREAD);
  });

  it('is an instant as JavaScript and PostgreSQL write it in JSON', () => {
    const at = new Date('2026-11-29T17:00:00.123Z');
    expect(instantOf(at, 'it')).toBe(at);
    expect(instantIn('2026-11-29T17:00:00.123Z', 'it')).toEqual(at);
    expect(instantIn('2026-11-29T18:00:00.123+01:00', 'it')).toEqual(at);
    expect(wholeOf(0, 'it')).toBe(0);
  });

  it('is no row when a column of it was not read: never one that is not there', () => {
    const row = {
      document: walkTo('active').request,
      version: 1,
      seq: 1,
      chats: { slack: { drawnVersion: 1, postedSeq: 1 } },
      drawnVersion: 1,
      postedSeq: 1,
      updatedAt: new Date(),
    };
    expect(rowOf(structuredClone(row)).version).toBe(1);
    for (const column of ['version', 'seq', 'drawnVersion', 'postedSeq', 'updatedAt'] as const) {
      expect(thrown(() => rowOf({ ...structuredClone(row), [column]: null }))).toEqual(UNREAD);
    }
  });

  it('is no event when a column of it was not read', () => {
    const event = {
      stream: 'system',
      seq: 1,
      type: 'alarm',
      at: new Date(),
      actor: 'a',
      data: {},
      checkpoint: 0,
      prevHash: 'p',
      hash: 'h',
    };
    expect(eventOf(event).id).toBe('system/1');
    for (const column of ['seq', 'at', 'checkpoint'] as const) {
      expect(thrown(() => eventOf({ ...event, [column]: null }))).toEqual(UNREAD);
    }
  });
});
