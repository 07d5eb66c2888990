import { workFor } from '../../src/core/request/work.ts';
import { walkTo } from './requests.ts';

describe('the builders of the tests', () => {
  it.each([
    ['pending', 'pending'],
    ['granting', 'granting'],
    ['planned', 'granting'],
    ['active', 'active'],
    ['revoking', 'revoking'],
    ['removed', 'revoking'],
    ['closed', 'closed'],
  ] as const)('walk to %s by decisions alone', (to, state) => {
    const { request, events } = walkTo(to);
    expect(request.state).toBe(state);
    expect(events[0]?.type).toBe('request_opened');
  });

  it('walk a zone C request through both of its clauses', () => {
    const { request, now } = walkTo('active', { input: { role: 'rotate-keys' } });
    expect(request.approvals.map(({ by }) => by.id)).toEqual(['avery', 'sasha']);
    const row = { request, version: 1, seq: 1, chats: {}, drawnVersion: 1, postedSeq: 1, updatedAt: now };
    expect(workFor(row).map(({ name }) => name)).toEqual(['warn', 'expire']);
  });
});
