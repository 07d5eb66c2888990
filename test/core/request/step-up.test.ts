import type { Policy } from '../../../src/core/policy/policy.ts';
import { termsDigest, termsOf } from '../../../src/core/policy/terms.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { outlook } from '../../../src/core/request/decide-request.ts';
import {
  aDirectory,
  aPolicy,
  digestFor,
  okFacts,
  personActor,
  requestCommand,
  START,
  walkTo,
} from '../../support/requests.ts';

const found = <T>(value: T, at = START) => ({ ok: true, value, at }) as const;
const plain = aPolicy();
/** As if zone B asked for a second sign-in, which nothing can make yet. */
const wanting = (): Policy => {
  const approvals = plain.zones.B.approvals.map((clause) => ({ ...clause, assurance: 'stepped_up' as const }));
  return aPolicy({ zones: { ...plain.zones, B: { ...plain.zones.B, approvals } } });
};

describe('a role that wants a second sign-in, while there is none (B9)', () => {
  it('is not asked for, whatever the form showed', () => {
    const facts = okFacts(START, { policy: found(wanting()) });
    const command = requestCommand('R1', { digest: digestFor('restart-service', wanting()) });
    expect(decide(undefined, command, personActor('riley'), facts, START)).toMatchObject({
      refusal: { code: 'step_up_unavailable' },
    });
  });

  it('is not asked for more time either', () => {
    const { request, now } = walkTo('active');
    const terms = termsOf(wanting(), 'restart-service');
    if (terms === undefined) throw new Error('no such role');
    const digest = termsDigest(terms);
    const open = { ...request, details: { ...request.details, terms, digest } };
    const facts = okFacts(now, { policy: found(wanting(), now) });
    expect(decide(open, { type: 'extend', minutes: 15, digest }, personActor('riley'), facts, now)).toMatchObject({
      refusal: { code: 'step_up_unavailable' },
    });
  });
});

it("a role whose clauses are gone is asked by nobody: it would be nobody's to approve", () => {
  const policy = aPolicy({ zones: { ...plain.zones, B: { ...plain.zones.B, approvals: [] } } });
  const facts = okFacts(START, { policy: found(policy) });
  const command = requestCommand('R1', { digest: digestFor('restart-service', policy) });
  expect(decide(undefined, command, personActor('riley'), facts, START)).toMatchObject({
    ok: false,
    refusal: { code: 'no_clauses' },
  });
});

describe('the outlook of a form', () => {
  const terms = termsOf(plain, 'restart-service');
  const riley = plain.people.find(({ id }) => id === 'riley');
  if (terms === undefined || riley === undefined) throw new Error('the test policy has neither');
  const said = (seen?: Readonly<Record<string, readonly string[]>>, onCall = aDirectory().onCall) => {
    const { clauses, fillable } = outlook(terms, { ...aDirectory(), onCall }, riley, seen);
    const [clause] = clauses;
    return [clause?.people.map(({ id }) => id), clause?.onCall.map(({ id }) => id), clause?.places, fillable];
  };

  it('says who could approve, who of them is on call, and whether it can be filled at all', () => {
    expect(said()).toEqual([['avery', 'blake'], ['avery'], 1, true]);
    expect(said({}, {})).toEqual([['avery', 'blake'], [], 1, true]);
  });

  it('counts the teams of before: those of the requester, and those of the approver', () => {
    expect(said({ avery: ['payments'] })).toEqual([['blake'], [], 1, true]);
    expect(said({ avery: ['payments'], blake: ['product'] })).toEqual([[], [], 1, false]);
    expect(said({ riley: ['platform'] })).toEqual([[], [], 1, false]);
  });
});
