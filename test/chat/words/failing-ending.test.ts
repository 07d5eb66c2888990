import { failingEnding } from '../../../src/chat/words/failing-ending.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { AWS_WORDS } from '../../support/definitions.ts';
import { accepted, MINUTE, after as plus, SECOND, SYSTEM, walkTo } from '../../support/requests.ts';

const { request: fresh, now: ENDED } = walkTo('revoking');
const fail = (request: AccessRequest, now: Date): AccessRequest =>
  accepted(decide(request, { type: 'revoke_failed', why: 'PROVIDER_UNAVAILABLE' }, SYSTEM, NO_FACTS, now)).next;
const revoking = (request: AccessRequest) => {
  if (request.state !== 'revoking') throw new Error('not revoking');
  return request;
};
const failing = fail(fail(fresh, ENDED), plus(ENDED, SECOND));
const undone = (times: number) => ({ times, since: ENDED, at: plus(ENDED, MINUTE) });

it('tells an ending that fails from one that somebody takes back, and how often (D6)', () => {
  const plain = failingEnding(revoking(failing), AWS_WORDS);
  expect(plain.summary).toContain('could not be ended');
  expect(plain.details.join(' ')).toContain('2 times in a row');
  const once = failingEnding({ ...revoking(fresh), undone: undone(1) }, AWS_WORDS);
  expect(once.summary).toMatch(/^Somebody gives emergency access back/);
  expect(once.details.join(' ')).toContain('The Deny that had ended it was removed once,');
  expect(once.details.join(' ')).not.toContain('in a row');
  const often = failingEnding({ ...revoking(failing), undone: undone(3) }, AWS_WORDS);
  expect(often.details.join(' ')).toContain('was removed 3 times,');
  expect(often.details.join(' ')).toContain('2 times in a row');
  expect(plain.details.join(' ')).toContain('The cloud refuses by itself from then on');
  // One that only takes away around then is not praised for more.
  const { grants, ...scheduled } = revoking(failing);
  const around = grants.map((one) => ({ ...one, plan: { ...one.plan, nativeEnd: 'scheduled' as const } }));
  expect(failingEnding({ ...scheduled, grants: around }, AWS_WORDS).details.join(' ')).toContain('it is no proof');
});
