import fc from 'fast-check';
import { type ChatKey, chatOf, type Directory, keysOf } from '../../../src/core/policy/directory.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { knownPerson } from '../../../src/core/request/decision.ts';
import type { ChatAccount, Facts, Lookup } from '../../../src/core/request/facts.ts';
import type { RefusalCode } from '../../../src/core/request/refusal.ts';
import {
  aDirectory,
  aPlan,
  type CastName,
  digestFor,
  KEYS,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  requestCommand,
  START,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

/*
 * One person, two chats: `pigeon` is one that no adapter knows. Whoever a chat bars acts in none, a chat that does not
 * answer stops only those who act through it, and nobody is two people for having two accounts (A2, B3).
 */

const pigeonOf = (name: CastName): ChatKey => `pigeon:L1:${name}`;
const twoChats = (): Directory => {
  const directory = aDirectory();
  const people = directory.people.map((one) => ({
    ...one,
    chats: { ...one.chats, pigeon: [{ loft: 'L1', user: one.id }] },
  }));
  return { ...directory, people };
};
const said = (value: ChatAccount, at: Date): Lookup<ChatAccount> => ({ ok: true, value, at });
const silent = { ok: false, why: 'it did not answer' } as const;

/** Everything answered, of people who are in both chats. */
const facts = (at: Date, linked: Facts['linked'] = {}, more: Partial<Facts> = {}): Facts =>
  okFacts(at, { directory: { ok: true, value: twoChats(), at }, linked, ...more });
const by = (name: CastName, chat: 'slack' | 'pigeon' = 'slack') =>
  chat === 'slack' ? personActor(name) : ({ type: 'person', key: pigeonOf(name) } as const);

const BARRED = ['deleted', 'guest', 'bot'] as const satisfies readonly ChatAccount[];
const pending = walkTo('pending');
const granting = walkTo('granting');

describe('somebody whom another chat bars acts in none', () => {
  it.each(BARRED)('%s: asks nothing and reads nothing, and is told where', (account) => {
    const now = facts(START, { [pigeonOf('riley')]: said(account, START) });
    const refusal = { code: `account_${account}`, detail: { chat: 'pigeon' } };
    expect(decide(undefined, requestCommand('R1'), by('riley'), now, START)).toEqual({ ok: false, refusal });
    expect(knownPerson(by('riley'), now)).toEqual({ ok: false, refusal });
  });

  it.each(BARRED)('%s: approves nothing, through either account', (account) => {
    const at = plus(pending.now, MINUTE);
    const approve = { type: 'approve', digest: pending.request.details.digest } as const;
    const code: RefusalCode = `account_${account}`;
    const pigeon = facts(at, { [pigeonOf('avery')]: said(account, at) });
    expect(decide(pending.request, approve, by('avery'), pigeon, at)).toMatchObject({ ok: false, refusal: { code } });
    const slack = facts(at, { [KEYS.avery]: said(account, at) });
    expect(decide(pending.request, approve, by('avery', 'pigeon'), slack, at)).toMatchObject({
      refusal: { code, detail: { chat: 'slack' } },
    });
  });

  it.each(BARRED)('%s: is not opened for, and a yes of theirs is worth nothing any more', (account) => {
    const at = plus(granting.now, 1000);
    const issue = { type: 'issue', plan: aPlan(granting.request, at) } as const;
    const requester = decide(
      granting.request,
      issue,
      SYSTEM,
      facts(at, { [pigeonOf('riley')]: said(account, at) }),
      at,
    );
    expect(requester).toMatchObject({ ok: true, next: { state: 'closed', outcome: 'refused' } });
    const approver = decide(granting.request, issue, SYSTEM, facts(at, { [pigeonOf('avery')]: said(account, at) }), at);
    expect(approver).toMatchObject({ ok: true, next: { state: 'closed', outcome: 'refused' } });
    expect(approver.ok && approver.events).toContainEqual({
      type: 'approval_voided',
      data: { person: 'avery', name: 'Avery', why: `account_${account}` },
    });
  });

  it('is still heard where they take away: no chat is asked for an ending', () => {
    const at = plus(granting.now, 1000);
    const barred = facts(
      at,
      { [pigeonOf('riley')]: said('deleted', at), [KEYS.riley]: said('deleted', at) },
      { account: said('deleted', at) },
    );
    expect(decide(granting.request, { type: 'end' }, by('riley'), barred, at)).toMatchObject({ ok: true });
  });
});

it.each<[what: string, answer: Lookup<ChatAccount> | undefined]>([
  ['does not answer', silent],
  ['was not asked', undefined],
  ['knows nobody of that organisation', said('stranger', START)],
  ['answers that they are a member', said('member', START)],
])('another chat that %s stands in nobody’s way', (_what, answer) => {
  const now = facts(START, answer && { [pigeonOf('riley')]: answer });
  expect(decide(undefined, requestCommand('R1'), by('riley'), now, START)).toMatchObject({ ok: true });
});

it('the chat that somebody acts through must answer', () => {
  const now = facts(START, {}, { account: silent });
  expect(decide(undefined, requestCommand('R1'), by('riley', 'pigeon'), now, START)).toMatchObject({
    refusal: { code: 'account_unavailable' },
  });
});

it('whatever two chats answer: only members of the one they use, whom none bars, act', () => {
  const answer = fc.constantFrom<Lookup<ChatAccount>>(
    silent,
    ...(['member', 'guest', 'bot', 'deleted', 'stranger'] as const).map((one) => said(one, START)),
  );
  fc.assert(
    fc.property(fc.constantFrom('slack' as const, 'pigeon' as const), answer, answer, (chat, used, other) => {
      const actor = by('riley', chat);
      const [otherKey] = [KEYS.riley, pigeonOf('riley')].filter((key) => chatOf(key) !== chat);
      const decision = decide(
        undefined,
        requestCommand('R1'),
        actor,
        facts(START, { [otherKey ?? '::']: other }, { account: used }),
        START,
      );
      const isMember = used.ok && used.value === 'member';
      const isBarred = other.ok && ['guest', 'bot', 'deleted'].includes(other.value);
      expect(decision.ok).toBe(isMember && !isBarred);
    }),
  );
});

describe('two accounts are one person', () => {
  const approve = { type: 'approve', digest: pending.request.details.digest } as const;
  const asked = (role: string) => {
    const command = requestCommand('R1', { role, digest: digestFor(role) });
    const decision = decide(undefined, command, by('riley'), facts(START), START);
    if (!decision.ok) throw new Error(decision.refusal.code);
    return decision.next;
  };

  it('nobody approves their own request through the other account (A2)', () => {
    const at = plus(START, MINUTE);
    const { digest } = asked('restart-service').details;
    expect(
      decide(asked('restart-service'), { type: 'approve', digest }, by('riley', 'pigeon'), facts(at), at),
    ).toMatchObject({
      refusal: { code: 'self_approval' },
    });
  });

  it('nobody fills two places through two accounts (B3)', () => {
    const at = plus(START, MINUTE);
    const request = asked('rotate-keys');
    const { digest } = request.details;
    const first = decide(request, { type: 'approve', digest }, by('avery'), facts(at), at);
    if (!first.ok) throw new Error(first.refusal.code);
    expect(decide(first.next, { type: 'approve', digest }, by('avery', 'pigeon'), facts(at), at)).toMatchObject({
      refusal: { code: 'already_approved' },
    });
  });

  it('an approval from the other chat counts as any other, by the account that it came from', () => {
    const at = plus(pending.now, MINUTE);
    const decision = decide(pending.request, approve, by('avery', 'pigeon'), facts(at), at);
    expect(decision).toMatchObject({
      ok: true,
      next: { state: 'granting', approvals: [{ by: { id: 'avery' }, key: 'pigeon:L1:avery' }] },
    });
    expect(keysOf(twoChats().people.find(({ id }) => id === 'avery') ?? { chats: {} })).toEqual([
      KEYS.avery,
      pigeonOf('avery'),
    ]);
  });
});
