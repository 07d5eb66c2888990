import { ROW_FIELDS } from '../../../src/core/audit/row-fields.ts';
import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { EDITS, edit, type KeptRow, places } from '../../support/kept-row.ts';
import {
  accepted,
  aDirectory,
  after,
  aPlan,
  type CastName,
  HOUR,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  SECOND,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

/** Goes on with a story, one command after the other, each a second later. */
class Life {
  request: AccessRequest;
  now: Date;
  readonly kept: KeptRow;
  constructor(state: Step['state'], role = 'restart-service') {
    ({ request: this.request, now: this.now, kept: this.kept } = walkTo(state, { input: { role, minutes: 15 } }));
  }
  does(command: Command, who: CastName | 'system' = 'system', facts: Parameters<typeof okFacts>[1] = {}): this {
    this.now = after(this.now, SECOND);
    const actor = who === 'system' ? SYSTEM : personActor(who);
    const decision = accepted(decide(this.request, command, actor, okFacts(this.now, facts), this.now));
    this.request = decision.next;
    this.kept.keep(decision, actor, this.now);
    return this;
  }
  waits(ms: number): this {
    this.now = after(this.now, ms);
    return this;
  }
  asksMore = (facts = {}) =>
    this.does({ type: 'extend', minutes: 15, digest: this.request.details.digest }, 'riley', facts);
  says = (who: CastName, facts = {}) => this.does({ type: 'approve', digest: digestShown(this.request) }, who, facts);
  plansMore = () => this.does({ type: 'issue_extension', plans: laterPlans(this.request) });
}

const moved = (team: string) => {
  const { people, ...rest } = aDirectory();
  const value = { ...rest, people: people.map((one) => (one.id === 'blake' ? { ...one, teams: [team] } : one)) };
  return (at: Date) => ({ directory: { ok: true, value, at } as const });
};
const FROZEN = { at: new Date(0), by: { id: 'sasha', name: 'Sasha' }, reason: 'a leak', all: false, lifts: [] };
const SOURCE_DOWN = { incident: { ok: false, why: 'down' } } as const;
const OTHERS_FROZEN = { frozen: FROZEN };
const extendedLife = () =>
  new Life('active')
    .asksMore()
    .says('avery')
    .plansMore()
    .does({ type: 'extension_confirmed', number: 1, grantId: 'R1' });
const removal = (life: Life): Life => {
  const proof = { readAt: after(life.now, SECOND), contested: true, hashes: { revoked: 'c'.repeat(64) } };
  return life.does({ type: 'revoke_confirmed', grantId: 'R1', proof });
};
const unproven = () => new Life('revoking').waits(2 * HOUR).does({ type: 'attest', statement: 'I looked' }, 'sasha');

/** A life for each way in which a field comes to be. */
const LIVES: Readonly<Record<string, () => Life>> = {
  'told, reminded and held': () =>
    new Life('pending')
      .does({ type: 'invited', reached: ['avery'], missed: ['blake'] })
      .does({ type: 'turned_away', person: 'jordan', teams: ['security'] })
      .does({ type: 'action_refused', key: 'slack:T0BREAK:U0KIM', person: undefined, what: 'deny', code: 'not_yours' })
      .does({ type: 'action_refused', key: 'slack:T0BREAK:U0QUINN', person: 'quinn', what: 'end', code: 'not_yours' })
      .waits(6 * MINUTE)
      .does({ type: 'remind', step: 0, people: [{ id: 'quinn', name: 'Quinn', keys: ['slack:T0BREAK:U0QUINN'] }] })
      .does({ type: 'note_freeze' }, 'system', OTHERS_FROZEN)
      .does({ type: 'approver_changed', person: 'avery', why: 'left' }),
  'held no more': () =>
    new Life('pending').does({ type: 'note_freeze' }, 'system', OTHERS_FROZEN).does({ type: 'note_freeze' }),
  'one of two approvals': () => new Life('pending', 'rotate-keys'),
  'teams that moved meanwhile': () => {
    const life = new Life('pending', 'rotate-keys');
    return life.does(
      { type: 'approve', digest: life.request.details.digest },
      'sasha',
      moved('product')(after(life.now, SECOND)),
    );
  },
  'unverified at an approval': () => new Life('pending').says('avery', SOURCE_DOWN),
  'unverified at both approvals, and opened so': () => {
    const life = new Life('pending').says('avery', SOURCE_DOWN).says('blake', SOURCE_DOWN);
    const plan = aPlan(life.request, after(life.now, SECOND));
    return life.does({ type: 'issue', plan }, 'system', SOURCE_DOWN);
  },
  'verified again, and approved without another yes': () =>
    new Life('pending').says('avery', SOURCE_DOWN).says('avery'),
  'more time asked while unverified': () => new Life('active').asksMore(SOURCE_DOWN).says('avery', SOURCE_DOWN),
  'more time approved once it was verified again': () =>
    new Life('active').asksMore(SOURCE_DOWN).says('avery', SOURCE_DOWN).says('avery'),
  granting: () => new Life('granting'),
  planned: () => new Life('planned'),
  'opened too late': () => new Life('planned').waits(400 * SECOND).does({ type: 'grant_confirmed', grantId: 'R1' }),
  'refused at issue': () =>
    new Life('granting').does({ type: 'issue', plan: undefined }, 'system', {
      account: { ok: true, value: 'deleted', at: new Date(8.64e15) },
    }),
  'active and warned': () => new Life('active').waits(11 * MINUTE).does({ type: 'warn' }),
  'more time asked': () => new Life('active').asksMore(),
  'more time approved': () => new Life('active').asksMore().says('avery'),
  'more time planned': () => new Life('active').asksMore().says('avery').plansMore(),
  'more time failed': () =>
    new Life('active').asksMore().says('avery').plansMore().does({ type: 'extension_failed', number: 1, why: 'X' }),
  'more time open': extendedLife,
  'ended with more time planned': () => new Life('active').asksMore().says('avery').plansMore().does({ type: 'end' }),
  'ended and undone': () => {
    const life = removal(new Life('revoking'));
    const grant = life.request.state === 'revoking' ? life.request.grants[0] : undefined;
    return life.does({ type: 'removal_lost', grantId: 'R1', readAt: grant?.accessRemoved?.readAt ?? life.now });
  },
  'attested once': unproven,
  'attested twice': () => unproven().does({ type: 'attest', statement: 'I looked too' }, 'quinn'),
  lost: () =>
    new Life('active').waits(MINUTE).does({
      type: 'lost',
      grantId: 'R1',
      missedAt: new Date('2026-03-01T12:01:20.000Z'),
      missedAgainAt: new Date('2026-03-01T12:01:40.000Z'),
    }),
  'closed, its tombstone deleted': () =>
    new Life('closed').waits(14 * HOUR).does({ type: 'tombstone_deleted', grantId: 'R1' }),
  withdrawn: () => new Life('granting').does({ type: 'withdraw' }, 'riley'),
  denied: () => new Life('pending').does({ type: 'deny', reason: 'no' }, 'avery'),
};

const FINAL = ['closed, its tombstone deleted', 'withdrawn', 'denied', 'attested twice', 'refused at issue'];

describe.each(Object.entries(LIVES))('a row: %s', (name, live) => {
  it('E4: is explained by its events, and no single edit of it is', () => {
    const { kept } = live();
    expect(kept.problem()).toBeUndefined();
    const before = kept.row();
    const missed = places(before.document).flatMap((path) =>
      EDITS.filter((how) => {
        const row = kept.row();
        edit(row.document, path, how);
        return JSON.stringify(row.document) !== JSON.stringify(before.document) && kept.problem(row) === undefined;
      }).map((how) => `${how} ${path.join('.')}`),
    );
    expect(missed).toEqual([]);
  });

  it('is not explained where SQL would find its ending later than it is due', () => {
    const { kept, now } = live();
    const put = { ...kept.row(), stateWorkAt: after(now, 10 * 24 * HOUR) };
    expect(kept.problem(put)).toBe(FINAL.includes(name) ? undefined : 'column state_work_at puts its ending off');
  });

  it('is not explained by fewer events, nor by those of another request', () => {
    const { kept } = live();
    const row = kept.row();
    expect(kept.problem({ ...row, seq: row.seq - 1 })).toMatch(/counts \d+ events, and there are/);
    expect(kept.problem({ ...row, id: 'R2' })).toBe('column id is not what its events say');
  });
});

it('the lives reach every field that events must explain, so that no edit is left out', () => {
  const reached = new Set(Object.values(LIVES).flatMap((live) => Object.keys(live().kept.row().document)));
  const wanted = Object.keys(ROW_FIELDS).filter((name) => ROW_FIELDS[name as keyof typeof ROW_FIELDS] === 'explained');
  expect(wanted.filter((name) => !reached.has(name))).toEqual([]);
});
