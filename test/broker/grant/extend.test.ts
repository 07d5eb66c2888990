import { broker } from '../../../src/broker/broker.ts';
import { expire } from '../../../src/broker/grant/end.ts';
import type { Changed } from '../../../src/ports/store.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { type CastName, HOUR, KEYS, MINUTE } from '../../support/requests.ts';

let desk: Desk;
let usual: Desk['dials'];
let id = '';
let count = 0;

beforeAll(async () => {
  desk = await openDesk();
  usual = { ...desk.dials };
});
beforeEach(async () => {
  count += 1;
  id = `X${count}`;
  await desk.opened(id);
});
afterEach(() => {
  Object.assign(desk.dials, usual);
  desk.aws.dials.clear();
  desk.aws.dials.setClockOffset(0);
});
afterAll(() => desk.close());

const person = (name: CastName) => ({ type: 'person', key: KEYS[name] }) as const;
const request = async () => (await desk.row(id)).request;
const active = async () => {
  const found = await request();
  if (found.state !== 'active') throw new Error(`it is ${found.state}`);
  return found;
};
const yes = (changed: Changed) => {
  if (!changed.ok) throw new Error(`refused: ${changed.refusal.code}`);
  return changed.row;
};
const codeOf = (changed: Changed) => (changed.ok ? 'yes' : changed.refusal.code);
const ask = async (minutes = 30, by: CastName = 'riley') =>
  desk.broker.extend(id, person(by), { minutes, digest: (await request()).details.digest });
const approve = async (by: CastName = 'avery') =>
  desk.broker.approve(id, person(by), (await active()).extension?.digest ?? '');
const approved = async (minutes = 30) => {
  yes(await ask(minutes));
  return yes(await approve());
};
const types = () => desk.eventsOf(id);

describe('more time (B8)', () => {
  it('is asked, approved by the same clauses, committed, written, read back, and only then there', async () => {
    const before = await active();
    await approved();
    expect((await active()).endsAt).toEqual(before.endsAt);
    await desk.perform('extend', id);
    const after = await active();
    expect(after.endsAt.getTime() - before.endsAt.getTime()).toBe(30 * MINUTE);
    expect(after).toMatchObject({ extended: { asked: 1, minutes: 30, approvals: [{ by: { id: 'avery' } }] } });
    expect(after.extension).toBeUndefined();
    expect((await types()).slice(5)).toEqual([
      'extension_asked',
      'approval_recorded',
      'extension_approved',
      'extension_planned',
      'access_extended',
    ]);
    const head = (await desk.store.events(`request/${id}`)).find(({ type }) => type === 'extension_approved')?.hash;
    const tags = Object.fromEntries(desk.role(id)?.policies.tags.map(({ Key, Value }) => [Key, Value]) ?? []);
    expect(tags).toMatchObject({ 'breakglass-head': head, 'breakglass-approvers': 'avery' });
    expect(Date.parse(tags['breakglass-expires'] ?? '')).toBeCloseTo(
      after.grants[0]?.plan.plannedEnd.getTime() ?? 0,
      -4,
    );
  });

  it('C2: what stands on the role stays true: every approver, the end in its tag and nowhere else in words', async () => {
    yes(await ask());
    yes(await approve('blake'));
    await desk.perform('extend', id);
    const role = desk.role(id);
    const tags = Object.fromEntries(role?.policies.tags.map(({ Key, Value }) => [Key, Value]) ?? []);
    expect(tags['breakglass-approvers']).toBe('avery blake');
    expect(role?.description).toContain('its end is in the tag breakglass-expires');
    expect(role?.description).not.toMatch(/\d{4}-\d{2}-\d{2}T/);
  });

  it.each<[who: CastName, code: string]>([
    ['jordan', 'same_team'],
    ['sasha', 'not_eligible'],
    ['riley', 'self_approval'],
  ])('is not approved by %s: %s, at the click', async (who, code) => {
    yes(await ask());
    expect(codeOf(await approve(who))).toBe(code);
    expect((await active()).extension?.approvals).toEqual([]);
  });

  it('is asked by the requester alone, once at a time, within the role’s total, while a click shows its terms', async () => {
    expect(codeOf(await ask(30, 'casey'))).toBe('not_yours');
    expect(codeOf(await ask(60))).toBe('over_total');
    expect(codeOf(await ask())).toBe('yes');
    expect(codeOf(await ask())).toBe('extension_pending');
    // The request's own digest is what the card showed before: a click on that drawing is for nothing any more.
    const { details: first } = await request();
    expect(codeOf(await desk.broker.approve(id, person('avery'), first.digest))).toBe('look_again');
    await approve();
    await desk.perform('extend', id);
    expect(codeOf(await ask(15))).toBe('over_total');
  });

  it('remembers a team mate who was turned away, whatever team they are in later (B1)', async () => {
    yes(await ask());
    expect(codeOf(await approve('jordan'))).toBe('same_team');
    const people = desk.dials.directory.people.map((one) =>
      one.id === 'jordan' ? { ...one, teams: ['platform'] } : one,
    );
    desk.dials.directory = { ...desk.dials.directory, people };
    expect(codeOf(await approve('jordan'))).toBe('same_team');
  });

  it('shows who can give it, while it is awaited (B10)', async () => {
    const row = yes(await ask());
    const { open } = await desk.broker.view(row);
    expect(open?.map(({ missing, people }) => [missing, people.map(({ id: who }) => who)])).toEqual([
      [1, ['avery', 'blake']],
    ]);
    expect((await desk.broker.view(yes(await approve()))).open).toEqual([]);
  });

  it('is denied by whoever may deny, for the one that was shown, and changes nothing', async () => {
    const before = await active();
    yes(await ask());
    const digest = (await active()).extension?.digest;
    expect(codeOf(await desk.broker.deny(id, person('avery'), 'no', before.details.digest))).toBe('look_again');
    expect(codeOf(await desk.broker.deny(id, person('riley'), 'no', digest))).toBe('not_yours');
    yes(await desk.broker.deny(id, person('avery'), 'enough', digest));
    expect(await active()).toMatchObject({ endsAt: before.endsAt, grants: before.grants });
  });

  it('lapses unanswered, and changes nothing', async () => {
    const before = await active();
    yes(await ask());
    desk.wait(16 * MINUTE);
    await desk.perform('lapse_extension', id);
    expect(await active()).toMatchObject({ endsAt: before.endsAt, grants: before.grants });
    expect(await types()).toContain('extension_lapsed');
    desk.wait(14 * MINUTE - 119_000);
    expect(codeOf(await ask(15))).toBe('too_late_to_extend');
  });
});

describe('before the cloud is written to', () => {
  it.each<[why: string, turn: () => Partial<Desk['dials']>, code: string]>([
    ['the incident was closed', () => ({ incident: { id: 'INC-1', title: '', state: 'closed' } }), 'incident_closed'],
    ['the requester left the chat', () => ({ accounts: { [KEYS.riley]: 'deleted' } }), 'account_deleted'],
    ['the approver is a guest now', () => ({ accounts: { [KEYS.avery]: 'guest' } }), 'approvals_missing'],
  ])('B4: the whole policy again: nothing is written when %s', async (_why, turn, code) => {
    const before = await active();
    await approved();
    Object.assign(desk.dials, turn());
    const calls = desk.aws.dials.log().length;
    await desk.perform('extend', id);
    expect(desk.aws.dials.log(calls).filter(({ action }) => /^(Put|Update|Tag)/.test(action))).toEqual([]);
    expect(await active()).toMatchObject({ endsAt: before.endsAt, grants: before.grants });
    const [failed] = (await desk.store.events(`request/${id}`)).filter(({ type }) => type === 'extension_failed');
    expect(failed?.data).toMatchObject({ why: code });
  });

  it('waits for a look-up that fails, until the old end, which wins', async () => {
    await approved();
    desk.dials.directoryDown = true;
    await expect(desk.perform('extend', id)).rejects.toThrow('directory_unavailable');
    desk.wait(HOUR);
    await desk.perform('extend', id);
    await desk.perform('expire', id);
    expect(await request()).toMatchObject({ state: 'revoking', cause: 'expired' });
    expect((await types()).slice(-3)).toEqual(['extension_failed', 'end_requested', 'access_removed']);
  });

  it('a process that must open nothing writes nothing, before the plan and after it', async () => {
    await approved();
    desk.dials.openingOff = 'breakglass.yaml: line 3 is wrong';
    await expect(desk.perform('extend', id)).rejects.toThrow('not extended by this process');
    desk.dials.openingOff = undefined;
    desk.aws.dials.add({ kind: 'fail_before', action: 'TagRole', times: 20 });
    await expect(desk.perform('extend', id)).rejects.toThrow('PROVIDER_UNAVAILABLE');
    desk.aws.dials.clear();
    expect(await types()).toContain('extension_planned');
    desk.dials.openingOff = 'breakglass.yaml: line 3 is wrong';
    await expect(desk.perform('extend', id)).rejects.toThrow('not extended by this process');
    expect(await types()).not.toContain('access_extended');
  });
});

describe('frozen while more time is on its way (B11)', () => {
  const frozen = () => desk.broker.freeze({ type: 'operator', name: 'root' }, { all: false, reason: 'a leak' });
  afterEach(async () => {
    for (const name of ['sasha', 'quinn'] as const) await desk.broker.thaw(person(name));
  });
  const failed = async () =>
    (await desk.store.events(`request/${id}`)).find(({ type }) => type === 'extension_failed')?.data;

  it('before it is planned: it is dropped with who froze and why, and can be asked for again', async () => {
    await approved();
    await frozen();
    await desk.perform('extend', id);
    expect(await failed()).toMatchObject({ why: 'frozen', by: 'root', reason: 'a leak' });
    expect((await active()).extension).toBeUndefined();
    for (const name of ['sasha', 'quinn'] as const) await desk.broker.thaw(person(name));
    await approved();
    await desk.perform('extend', id);
    expect((await active()).extended).toMatchObject({ asked: 2, minutes: 30 });
  });

  it('once it is planned: nothing more is written, and who froze, why and the later end are named', async () => {
    const before = await active();
    await approved();
    const late = broker({
      ...desk.deps,
      store: {
        ...desk.store,
        withLock: async (...all) => {
          await frozen();
          return desk.store.withLock(...all);
        },
      },
    });
    const calls = desk.aws.dials.log().length;
    await desk.perform('extend', id, late);
    expect(desk.aws.dials.log(calls).filter(({ action }) => /^(Put|Update|Tag)/.test(action))).toEqual([]);
    const { endsAt, extension } = await active();
    expect([endsAt, extension?.failedWhy]).toEqual([before.endsAt, 'frozen']);
    const plannedEnd = extension?.plans?.[0]?.plannedEnd.toISOString();
    expect(await failed()).toMatchObject({ why: 'frozen', by: 'root', reason: 'a leak', plannedEnd });
  });
});

describe('while the cloud is written to', () => {
  it('goes on from the plans of a worker that died, and says it once however many do it', async () => {
    await approved();
    desk.aws.dials.add({ kind: 'fail_before', action: 'UpdateAssumeRolePolicy', times: 20 });
    await expect(desk.perform('extend', id)).rejects.toThrow('PROVIDER_UNAVAILABLE');
    desk.aws.dials.clear();
    const before = (await active()).endsAt;
    const both = [desk.perform('extend', id), desk.perform('extend', id, desk.another())];
    await Promise.allSettled(both);
    expect((await active()).endsAt.getTime() - before.getTime()).toBe(30 * MINUTE);
    const seen = await types();
    expect(seen.filter((type) => type === 'extension_planned')).toHaveLength(1);
    expect(seen.filter((type) => type === 'access_extended')).toHaveLength(1);
  });

  it('a hard no of the cloud is told, the old end stays, and the ending works from the newest plan', async () => {
    const before = await active();
    await approved();
    const stored = desk.role(id);
    if (stored) stored.policies = { ...stored.policies, tags: [] };
    await desk.perform('extend', id);
    const after = await active();
    expect(after).toMatchObject({ endsAt: before.endsAt, extension: { failedWhy: 'PROVIDER_CONFLICT' } });
    expect(codeOf(await ask())).toBe('not_in_this_state');
    desk.wait(30 * MINUTE);
    await desk.perform('expire', id);
    const ending = await request();
    expect(ending.state === 'revoking' && ending.grants[0]?.plan).toEqual(after.extension?.plans?.[0]);
  });

  it('the old end wins: past it nothing is begun, and a confirmation that comes late ends it', async () => {
    await approved();
    desk.aws.dials.add({ kind: 'hold_after', action: 'PutRolePolicy', where: { PolicyName: '00-expiry' } });
    const extending = desk.perform('extend', id).catch((error: unknown) => String(error));
    await desk.aws.dials.whenHeld(60_000);
    desk.wait(30 * MINUTE);
    desk.aws.dials.releaseAll();
    await extending;
    await desk.perform('expire', id).catch(() => undefined);
    expect(await request()).toMatchObject({ state: 'revoking', cause: 'expired' });
    await desk.perform('revoke', id);
    expect(await types()).not.toContain('access_extended');
    expect(Object.keys(desk.role(id)?.policies.inline ?? {})).toEqual(['00-expiry', '99-revoked']);
  });

  it('an extender that is held over an early end changes nothing: what it wrote late is found and closed again', async () => {
    await approved();
    desk.aws.dials.add({ kind: 'hold_before', action: 'UpdateAssumeRolePolicy' });
    const extending = desk.perform('extend', id).catch((error: unknown) => String(error));
    await desk.aws.dials.whenHeld(60_000);
    yes(await desk.broker.end(id, person('riley')));
    // It waits for the writer's lock, and then goes on without.
    await desk.perform('revoke', id, desk.another());
    desk.aws.dials.releaseAll();
    await extending;
    expect(await request()).toMatchObject({ grants: [{ accessRemoved: { contested: true } }] });
    desk.wait(6 * MINUTE);
    await desk.perform('verify_sessions', id);
    expect((await types()).slice(-1)).toEqual(['alarm']);
    await desk.perform('revoke', id);
    expect(await request()).toMatchObject({ grants: [{ accessRemoved: { contested: false } }] });
    desk.wait(6 * MINUTE);
    await desk.perform('verify_sessions', id);
    expect(await request()).toMatchObject({ state: 'closed', outcome: 'ended' });
  });

  it('the job of the old end takes nothing away after the end has moved, even where saving breaks', async () => {
    const old = (await active()).endsAt;
    await approved();
    await desk.perform('extend', id);
    const store = { ...desk.store, change: () => Promise.reject(new Error('nobody foresaw this')) };
    await expire({ ...desk.deps, store }, id, old, AbortSignal.timeout(20_000));
    expect(Object.keys(desk.role(id)?.policies.inline ?? {})).not.toContain('99-revoked');
    desk.wait(30 * MINUTE);
    await expire(desk.deps, id, old, AbortSignal.timeout(20_000));
    expect(await request()).toMatchObject({ state: 'active' });
    desk.wait(30 * MINUTE);
    await desk.perform('expire', id);
    expect(await request()).toMatchObject({ state: 'revoking', cause: 'expired' });
  });
});
