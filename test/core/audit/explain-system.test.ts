import { type SystemEvidence, unexplainedSystem } from '../../../src/core/audit/explain-system.ts';
import { GENESIS } from '../../../src/core/audit/log.ts';
import { digestOf, sha256 } from '../../../src/core/canonical.ts';
import type { NewEvent, StoredEvent } from '../../../src/core/events.ts';
import { SYSTEM_STREAM } from '../../../src/core/events.ts';
import { type PolicyHead, policyChanged } from '../../../src/core/policy/policy-row.ts';
import type { Actor } from '../../../src/core/request/command.ts';
import { decideFreeze, type FreezeCommand } from '../../../src/core/request/decide-freeze.ts';
import type { Freeze } from '../../../src/core/request/freeze.ts';
import { after, aPolicy, okFacts, personActor, SECOND, START } from '../../support/requests.ts';

/** What a store holds of the system: freezes and policies as they were decided, each a second after the one before. */
class Kept {
  readonly events: StoredEvent[] = [];
  readonly policies: (PolicyHead & { readonly policy: unknown; readonly document: string })[] = [];
  freeze: Freeze | undefined;
  #now = START;

  #write({ type, data }: NewEvent, actor: string): void {
    const seq = this.events.length + 1;
    const chain = { checkpoint: 0, prevHash: GENESIS, hash: GENESIS };
    const written = JSON.parse(JSON.stringify(data));
    this.events.push({
      id: `system/${seq}`,
      stream: SYSTEM_STREAM,
      seq,
      type,
      at: this.#now,
      actor,
      data: written,
      ...chain,
    });
  }
  says(command: FreezeCommand, actor: Actor): this {
    this.#now = after(this.#now, SECOND);
    const decided = decideFreeze(this.freeze, command, actor, okFacts(this.#now), this.#now);
    if (!decided.ok) throw new Error(decided.refusal.code);
    for (const event of decided.events) this.#write(event, 'slack:T0BREAK:U0SASHA');
    this.freeze = decided.next;
    return this;
  }
  freezes = (all = false, reason = 'a leak') => this.says({ type: 'freeze', all, reason }, personActor('sasha'));
  thaws = (who: 'sasha' | 'quinn') => this.says({ type: 'thaw', seen: this.freeze }, personActor(who));
  applies(security = 'C0SECURITY'): this {
    this.#now = after(this.#now, SECOND);
    const policy = aPolicy({ channels: { slack: { default: 'C0DEFAULT', security } } });
    const number = this.policies.length + 1;
    const document = `# policy ${number}`;
    const before = this.policies.at(-1);
    this.#write(policyChanged({ number, policy, document, operator: 'root', changes: [], before }), 'operator:root');
    const head = {
      number,
      digest: digestOf(policy),
      securityChannels: { slack: security },
      appliedAt: this.#now,
      appliedBy: 'operator:root',
    };
    this.policies.push({ ...head, policy, document });
    return this;
  }
  evidence(change: Partial<SystemEvidence> = {}): SystemEvidence {
    const { events, policies } = this;
    const freeze = this.freeze && JSON.parse(JSON.stringify(this.freeze));
    return { freeze, policies, contents: policies, events, ...change };
  }
}
const said = (evidence: SystemEvidence) => unexplainedSystem(evidence).map(({ what }) => what);
const edited = <T extends object>(all: readonly T[], at: number, change: Partial<T>) =>
  all.map((one, index) => (index === at ? { ...one, ...change } : one));

const applied = () => new Kept().applies().applies('C0OTHER').applies('C0OTHER');
const frozen = () => new Kept().freezes().freezes(true, 'another leak').thaws('quinn');
const forged = (kept: Kept, at: number, data: StoredEvent['data']) =>
  kept.evidence({ events: edited(kept.events, at, { data: { ...kept.events[at]?.data, ...data } }) });

it.each([
  ['nothing', new Kept()],
  ['policies', applied()],
  ['a freeze', frozen()],
  ['a freeze that was lifted', frozen().thaws('sasha')],
  ['a second freeze after the first', frozen().thaws('sasha').freezes()],
  ['both', applied().freezes()],
])('E4: %s as it was decided is explained by its events', (_what, kept) => {
  expect(unexplainedSystem(kept.evidence())).toEqual([]);
});

describe('a policy that its event does not explain (E4)', () => {
  const kept = applied();
  const { policies, events } = kept;
  const heads = (at: number, change: Partial<(typeof policies)[number]>) =>
    kept.evidence({ policies: edited(policies, at, change) });

  it.each<[what: string, evidence: SystemEvidence, words: string]>([
    ['without an event', kept.evidence({ events: events.slice(0, 2) }), 'no event in the log put policy 3 in force'],
    [
      'with two events',
      kept.evidence({ events: [...events, ...events.slice(-1)] }),
      '2 events in the log put a policy 3 in force',
    ],
    ['with another digest', heads(1, { digest: 'x' }), 'the log put another policy 2 in force than the one stored'],
    [
      'applied by somebody else',
      heads(1, { appliedBy: 'operator:eve' }),
      'the log says otherwise who put policy 2 in force, and when',
    ],
    [
      'applied at another time',
      heads(1, { appliedAt: START }),
      'the log says otherwise who put policy 2 in force, and when',
    ],
    [
      'told in another channel',
      heads(2, { securityChannels: { slack: 'C0EVE' } }),
      'what policy 3 replaced, and who was to be told',
    ],
    [
      'whose event names another old channel',
      forged(kept, 2, { oldSecurityChannels: { slack: 'C0EVE' } }),
      'what policy 3 replaced, and who was to be told',
    ],
    [
      'whose event names another old policy',
      forged(kept, 2, { oldDigest: 'x' }),
      'what policy 3 replaced, and who was to be told',
    ],
    [
      'of another stream',
      kept.evidence({ events: edited(events, 2, { stream: 'request/R1' }) }),
      'no event in the log put policy 3 in force',
    ],
    [
      'whose content is another',
      kept.evidence({ contents: edited(policies, 1, { policy: aPolicy({ phone: '+1' }) }) }),
      'policy 2: its content is not what its digest says',
    ],
    [
      'whose text is another',
      kept.evidence({ contents: edited(policies, 1, { document: '# other' }) }),
      'policy 2: its text is not what the log says',
    ],
    [
      'whose row is gone',
      kept.evidence({ policies: policies.slice(0, 2) }),
      'the policy that event 3 put in force is gone',
    ],
  ])('is named: %s', (_what, evidence, words) => {
    expect(said(evidence)).toContainEqual(expect.stringContaining(words));
  });

  it('names each fault of the system stream once, and no other', () => {
    expect(said(kept.evidence({ policies: policies.slice(0, 2) }))).toHaveLength(1);
    expect(said(kept.evidence({ contents: edited(policies, 1, { document: '# other' }) }))).toHaveLength(1);
    expect(policies.map(({ document }) => sha256(document))).toEqual(events.map(({ data }) => data.documentDigest));
  });
});

describe('a freeze that its events do not explain (E4)', () => {
  const kept = frozen();
  const lifted = frozen().thaws('sasha');
  const row = kept.evidence().freeze as Record<string, unknown>;

  it.each<[what: string, evidence: SystemEvidence, words: string]>([
    [
      'a freeze that no event says',
      new Kept().applies().evidence({ freeze: row }),
      'openings are frozen, and no event says so',
    ],
    [
      'a freeze taken away',
      kept.evidence({ freeze: undefined }),
      'the freeze of openings is gone, and no event lifted it',
    ],
    [
      'another reason',
      kept.evidence({ freeze: { ...row, reason: 'x' } }),
      'the freeze: reason is not what its events say',
    ],
    ['another extent', kept.evidence({ freeze: { ...row, all: false } }), 'the freeze: all is not what its events say'],
    ['a lift put in', kept.evidence({ freeze: { ...row, lifts: [{ by: { id: 'sasha' } }] } }), 'the freeze: lifts'],
    [
      'a freeze that is no object',
      kept.evidence({ freeze: 'yes' }),
      'the freeze: all of it is not what its events say',
    ],
    ['a lift of nothing', lifted.evidence({ events: lifted.events.slice(2) }), 'event 3 lifts what is not frozen'],
    [
      'one lift less',
      lifted.evidence({ events: lifted.events.filter(({ type }) => type !== 'thaw_requested') }),
      'event 4 lifts by fewer than two people',
    ],
    [
      'one name less',
      forged(lifted, 3, { by: [{ id: 'sasha', name: 'Sasha' }] }),
      'event 4 lifts by fewer than two people',
    ],
    [
      'the same name twice',
      forged(lifted, 3, { by: [{ id: 'quinn' }, { id: 'quinn' }] }),
      'event 4 lifts by fewer than two people',
    ],
    [
      'names of others',
      forged(lifted, 3, { by: [{ id: 'riley' }, { id: 'avery' }] }),
      'event 4 lifts by fewer than two people',
    ],
    ['no names', forged(lifted, 3, { by: 'all' }), 'event 4 lifts by fewer than two people'],
    ['no reason', forged(kept, 0, { reason: 5 }), 'event 1 freezes without a reason'],
    ['a lift that was dropped', forged(kept, 2, { dropped: [{ id: 'quinn' }], by: 'casey' }), 'the freeze: lifts'],
  ])('is named: %s', (_what, evidence, words) => {
    expect(said(evidence)).toContainEqual(expect.stringContaining(words));
  });
});
