import type { MessageRef } from '../../src/ports/chat-memory.ts';
import { Deliveries } from './deliveries.ts';
import { House, roomOf } from './house.ts';
import type { Case } from './judge.ts';
import { randomOf } from './random.ts';

const ref = (kind: MessageRef['kind'], seq: number, message: string | undefined): MessageRef => ({
  requestId: 'r1',
  chat: 'plain',
  kind,
  seq,
  person: '',
  place: roomOf(0),
  message,
  state: message === undefined ? 'gone' : 'sent',
  tries: 1,
  drawnVersion: 2,
  digest: '',
});
const CARD = ref('card', 0, 'c');
const one = {
  lane: 0,
  requestId: 'r1',
  events: [
    { seq: 1, type: 'request_opened' },
    { seq: 2, type: 'request_closed' },
  ],
  row: { version: 2, seq: 2, chats: { plain: { drawnVersion: 2, postedSeq: 2 } } },
} as unknown as Case;

/** What is said of these lines under the card. */
function judged(lines: readonly string[], posts: readonly MessageRef[], about: Case = one): readonly string[] {
  const house = new House(1, new Deliveries(randomOf(1, 'house')));
  const message = (id: string, under?: string) => ({ id, room: roomOf(0), by: 'm-bot', under, text: '', changes: 0 });
  house.server.messages.push(message('c'), ...lines.map((id) => message(id, 'c')));
  return house.problems(about, [CARD, ...posts]);
}

describe('the oracle of a chat that cannot be searched', () => {
  it('is content with each line once, and with one that was sent to an unknown end, there or not', () => {
    expect(judged(['a', 'b'], [ref('post', 1, 'a'), ref('post', 2, 'b')])).toEqual([]);
    expect(judged(['b'], [ref('post', 1, undefined), ref('post', 2, 'b')])).toEqual([]);
    expect(judged(['x', 'b'], [ref('post', 1, undefined), ref('post', 2, 'b')])).toEqual([]);
  });

  it.each<[string, readonly string[], readonly MessageRef[], RegExp]>([
    ['a line that is there twice', ['a', 'a2', 'b'], [ref('post', 1, 'a'), ref('post', 2, 'b')], /1 times too often/],
    ['two for one that was lost', ['x', 'y', 'b'], [ref('post', 1, undefined), ref('post', 2, 'b')], /too often/],
    ['lines in another order', ['b', 'a'], [ref('post', 1, 'a'), ref('post', 2, 'b')], /another order/],
    ['one that was never sent', ['b'], [ref('post', 2, 'b')], /event 1 .* never sent/],
    ['one that is known and not there', ['b'], [ref('post', 1, 'a'), ref('post', 2, 'b')], /lacks/],
  ])('is not content with %s', (_what, lines, posts, words) => {
    expect(judged(lines, posts)).toEqual([expect.stringMatching(words)]);
  });

  it('wants everything told and drawn', () => {
    const behind = { ...one, row: { ...one.row, chats: { plain: { drawnVersion: 1, postedSeq: 1 } } } } as Case;
    expect(judged(['a', 'b'], [ref('post', 1, 'a'), ref('post', 2, 'b')], behind)).toHaveLength(2);
  });
});
