import fc from 'fast-check';
import { canonical } from '../../../src/core/canonical.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import { readStored } from '../../../src/core/policy/stored-policy.ts';
import { type Terms, termsDigest, termsOf } from '../../../src/core/policy/terms.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { aPolicy } from '../../support/requests.ts';

type Bag = Record<string, unknown>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null;

const base = aPolicy();
const strict: Policy = {
  ...base,
  zones: {
    ...base.zones,
    C: {
      ...base.zones.C,
      approvals: base.zones.C.approvals.map((clause) => (clause.who === 'group' ? { ...clause, count: 2 } : clause)),
    },
  },
  roles: base.roles.map((role) => ({ ...role, maxTotalMinutes: 60, approvals: base.zones.A.approvals })),
};

/** Every place below a value, as the way to it. */
function places(value: unknown, way: readonly string[] = []): readonly (readonly string[])[] {
  if (!isBag(value)) return [way];
  return [way, ...Object.entries(value).flatMap(([key, held]) => places(held, [...way, key]))];
}
const PLACES = places(strict).filter((way) => way.length > 0);

type Edit = 'remove' | 'retype' | 'extra';
const VALUES = [null, 0, -1, 0.5, 1, '1', '', true, [], {}, [null], 'requester', 'A'];

function edited(policy: unknown, way: readonly string[], edit: Edit, value: unknown): unknown {
  const copy: unknown = structuredClone(policy);
  const [last = '', ...above] = [...way].reverse();
  let holder = copy;
  for (const key of above.reverse()) holder = isBag(holder) ? holder[key] : undefined;
  if (!isBag(holder)) return copy;
  if (edit === 'retype') holder[last] = value;
  else if (edit === 'extra') Object.assign(holder, { [`${last}x`]: value });
  else if (Array.isArray(holder)) holder.splice(Number(last), 1, undefined);
  else delete holder[last];
  // As it comes out of the database.
  return JSON.parse(JSON.stringify(copy));
}

/** What this policy asks for a role, in everything that its digest covers, but nothing filled in. */
const asWritten = (stored: unknown, role: string): string | undefined => {
  const terms: Terms | undefined = termsOf(stored as Policy, role);
  return terms && termsDigest(terms);
};

it('takes a policy as `apply` wrote it', () => {
  expect(readStored(JSON.parse(JSON.stringify(strict)), DEFINITIONS.clouds)).toEqual({ policy: strict });
});

it('never asks for less than what is written: a stored policy that was edited anywhere opens nothing, or asks the same', () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...PLACES),
      fc.constantFrom<Edit>('remove', 'retype', 'extra'),
      fc.constantFrom(...VALUES),
      (way, edit, value) => {
        const stored = edited(strict, way, edit, value);
        const { policy, problem } = readStored(stored, DEFINITIONS.clouds);
        if (problem !== undefined) {
          seen.refused += 1;
          return;
        }
        seen.taken += 1;
        for (const { id } of policy.roles) {
          const terms = termsOf(policy, id);
          expect(terms && termsDigest(terms)).toBe(asWritten(stored, id));
          // A key that is gone, or one too many, never changes what is asked, save that less time may be had.
          if (edit === 'retype' || terms === undefined) continue;
          const before = termsOf(strict, id);
          expect(canonical(terms.clauses)).toBe(canonical(before?.clauses));
          expect(terms.unverifiedIncident).toBe(before?.unverifiedIncident);
          expect(terms.maxTotalMinutes).toBeLessThanOrEqual(before?.maxTotalMinutes ?? 0);
        }
      },
    ),
    { numRuns: 1_000 },
  );
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(100);
});

it.each<[what: string, change: (zone: Bag) => void]>([
  ['a clause without its count (findings, 1 #5)', ({ approvals }) => delete (approvals as Bag[])[0]?.count],
  ['a zone that does not say what an unverified incident means', (zone) => delete zone.unverified_incident],
  ['a key that this version does not know', (zone) => Object.assign(zone, { later: 1 })],
])('opens nothing by %s, though a default could be filled in or passed over', (_what, change) => {
  const stored = JSON.parse(JSON.stringify(strict));
  change(stored.zones.C);
  expect(readStored(stored, DEFINITIONS.clouds).problem).toMatch(/^was not written whole for this version \(zones/);
});
