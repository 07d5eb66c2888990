import {
  type Assigned,
  acquire,
  type Deed,
  deedFor,
  type Lease,
  leaseId,
  prolong,
  release,
} from '../../../src/core/request/leases.ts';

const KEY = { provider: 'azure', scope: '/subscriptions/1', role: 'reader', principal: 'riley' };
const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minute));
const NOBODY: Assigned = { by: 'nobody' };
const OTHERS: Assigned = { by: 'others' };
const EMPTY: Lease = { key: KEY, holders: [] };
const holding = (...holders: readonly (readonly [string, number])[]): Lease => ({
  key: KEY,
  holders: holders.map(([grantId, minute]) => ({ grantId, plannedEnd: at(minute) })),
});
const ours = (minute: number): Assigned => ({ by: 'us', until: at(minute) });

describe('a lease', () => {
  // biome-ignore format: a table
  it.each<[promise: string, deed: Deed, wanted: Deed]>([
    ['the first assigns', acquire(EMPTY, { grantId: 'a', plannedEnd: at(30) }, NOBODY, at(0)).deed, { do: 'assign', until: at(30) }],
    ['a longer one moves the end', acquire(holding(['a', 30]), { grantId: 'b', plannedEnd: at(45) }, ours(30), at(0)).deed, { do: 'move_end', until: at(45) }],
    ['a shorter one keeps it', acquire(holding(['a', 30]), { grantId: 'b', plannedEnd: at(20) }, ours(30), at(0)).deed, { do: 'keep', until: at(30) }],
    ['an extension moves the end', prolong(holding(['a', 30]), { grantId: 'a', plannedEnd: at(45) }, ours(30), at(0)).deed, { do: 'move_end', until: at(45) }],
    ['an extension of one that has ended gives nothing', prolong(holding(['a', 30]), { grantId: 'b', plannedEnd: at(45) }, ours(30), at(0)).deed, { do: 'keep', until: at(30) }],
    ['one of two that ends leaves it to the other, and no longer', release(holding(['a', 30], ['b', 45]), 'b', ours(45), at(0)).deed, { do: 'move_end', until: at(30) }],
    ['the last one removes it', release(holding(['a', 30]), 'a', ours(30), at(0)).deed, { do: 'remove' }],
    ['C6: what the person holds by other means is neither bounded', acquire(EMPTY, { grantId: 'a', plannedEnd: at(30) }, OTHERS, at(0)).deed, { do: 'leave' }],
    ['nor removed', release(holding(['a', 30]), 'a', OTHERS, at(0)).deed, { do: 'leave' }],
    ['one whose end is past holds nothing up', deedFor(holding(['a', 30]), ours(30), at(30)), { do: 'remove' }],
  ])('%s', (_promise, deed, wanted) => expect(deed).toEqual(wanted));

  it('is named by all of its key', () => {
    const ids = [
      KEY,
      ...(['provider', 'scope', 'role', 'principal'] as const).map((part) => ({ ...KEY, [part]: 'x' })),
    ];
    expect(new Set(ids.map(leaseId)).size).toBe(5);
  });
});

/** A small world: three grants of which each may want it until one of three ends, a cloud that holds one assignment. */
interface World {
  readonly now: number;
  readonly lease: Lease;
  readonly cloud: Assigned;
}
const GRANTS = ['a', 'b', 'c'] as const;
const ENDS = [1, 2, 3] as const;

const done = (cloud: Assigned, deed: Deed): Assigned => {
  if (deed.do === 'remove') return NOBODY;
  return deed.do === 'leave' ? cloud : { by: 'us', until: deed.until };
};
/** What the cloud itself does: an assignment of ours ends at its end. */
const lived = ({ now, lease, cloud }: World): World => ({
  now,
  lease,
  cloud: cloud.by === 'us' && cloud.until <= at(now) ? NOBODY : cloud,
});

/** Every world one step away, and whether the step brought the cloud in line: a process may die before it does. */
function afterOne({ now, lease, cloud }: World): readonly { readonly world: World; readonly inLine: boolean }[] {
  const asked = GRANTS.flatMap((grantId) => [
    ...ENDS.flatMap((end) => [
      acquire(lease, { grantId, plannedEnd: at(end) }, cloud, at(now)),
      prolong(lease, { grantId, plannedEnd: at(end) }, cloud, at(now)),
    ]),
    release(lease, grantId, cloud, at(now)),
  ]);
  const again = { lease, deed: deedFor(lease, cloud, at(now)) };
  const others: readonly Assigned[] = cloud.by === 'nobody' ? [OTHERS] : cloud.by === 'others' ? [NOBODY] : [];
  return [
    ...asked.map((step) => ({ world: { now, lease: step.lease, cloud }, inLine: false })),
    ...[...asked, again].map((step) => ({
      world: { now, lease: step.lease, cloud: done(cloud, step.deed) },
      inLine: true,
    })),
    ...others.map((held) => ({ world: { now, lease, cloud: held }, inLine: false })),
    ...(now < ENDS.length ? [{ world: lived({ now: now + 1, lease, cloud }), inLine: false }] : []),
  ];
}

const nameOf = ({ now, lease, cloud }: World): string => {
  const held = lease.holders.map(({ grantId, plannedEnd }) => `${grantId}${plannedEnd.getTime()}`).sort();
  return JSON.stringify([now, held, cloud]);
};

it('in every order of three grants, with deaths in between and other hands at work, stands until the last one ends and never past it, and nothing of others is touched (C6)', () => {
  const seen = new Map<string, World>();
  const open: World[] = [{ now: 0, lease: EMPTY, cloud: NOBODY }];
  let steps = 0;
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    for (const { world: next, inLine } of afterOne(world)) {
      steps += 1;
      const live = next.lease.holders.map(({ plannedEnd }) => plannedEnd).filter((end) => end > at(next.now));
      const last = live.length === 0 ? undefined : new Date(Math.max(...live.map((end) => end.getTime())));
      if (inLine) {
        const wanted = last === undefined ? NOBODY : { by: 'us', until: last };
        if (JSON.stringify(next.cloud) !== JSON.stringify(world.cloud.by === 'others' ? OTHERS : wanted)) {
          throw new Error(`${nameOf(world)} became ${nameOf(next)}`);
        }
      }
      const id = nameOf(next);
      if (seen.has(id)) continue;
      seen.set(id, next);
      open.push(next);
    }
  }
  // All that three grants can be, times the hours, times what the cloud can hold: the walk went everywhere.
  expect(seen.size).toBeGreaterThan(500);
  expect(steps).toBeGreaterThan(10_000);
});
