import type { Actor } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import type { Facts } from '../../../src/core/request/facts.ts';
import { historyOf } from '../../../src/core/request/requester-history.ts';
import { anInput, okFacts, personActor, requestCommand, START, SYSTEM } from '../../support/requests.ts';

const DOWN = { ok: false, why: 'down' } as const;
const STRANGER: Actor = { type: 'person', key: 'slack:T0BREAK:U0KIM' };

describe('what must be read of the past before somebody may ask (A11)', () => {
  const read = (input = anInput(), actor: Actor = personActor('riley'), change: Partial<Facts> = {}) =>
    historyOf(input, actor, okFacts(START, change));

  it('is that of the person, the role, its account and the incident as it is spelled', () => {
    expect(read()).toEqual({
      person: 'riley',
      role: 'restart-service',
      incident: 'INC-1',
      provider: 'aws',
      account: '111122223333',
    });
    expect(read(anInput({ role: 'read-logs', incident: '  INC-2 ' }), personActor('casey'))).toEqual({
      person: 'casey',
      role: 'read-logs',
      incident: 'INC-2',
      provider: 'aws',
      account: '111122223333',
    });
  });

  it.each<[what: string, history: ReturnType<typeof read>]>([
    ['nobody but the clock asks', read(anInput(), SYSTEM)],
    ['the directory could not be read', read(anInput(), personActor('riley'), { directory: DOWN })],
    ['the policy could not be read', read(anInput(), personActor('riley'), { policy: DOWN })],
    ['nobody knows the person', read(anInput(), STRANGER)],
    ['there is no such role', read({ ...anInput(), role: 'no-such-role' })],
  ])('is nothing where that is refused without it: %s', (_what, history) => {
    expect(history).toBeUndefined();
  });
});

it('is a no where no policy says how much may stand (A11)', () => {
  const asked = (change: Partial<Facts>) =>
    decide(undefined, requestCommand('R1'), personActor('riley'), okFacts(START, change), START);
  expect(asked({ policy: DOWN })).toEqual({ ok: false, refusal: { code: 'policy_unavailable' } });
  expect(asked({}).ok).toBe(true);
});
