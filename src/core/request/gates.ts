import { type Facts, isFresh, UNANSWERED } from './facts.ts';
import { freezeDetail } from './freeze.ts';
import { type LookedUp, MOMENTS, no, type Rule, unless } from './rule.ts';

/** Up, and answering what docs/sources.md does not know. */
export const isUnclear = ({ incident }: Facts): boolean => incident.ok && incident.value === 'unclear';

/**
 * First: whether anything may be opened now, and every look-up was answered, freshly. Failed ones may be asked again. What
 * is judged by an answer is not judged without it, whether or not its gate stands here: see `actingPerson` and `judge`.
 */
export const GATES: readonly Rule<LookedUp>[] = [
  {
    name: 'openings are not frozen (B11)',
    refuses: ['frozen'],
    at: MOMENTS,
    check: ({ facts: { frozen } }) => frozen && no('frozen', { detail: freezeDetail(frozen) }),
  },
  {
    name: 'this installation answers whether it may open',
    refuses: ['installation_unavailable'],
    at: MOMENTS,
    check: ({ facts }) => unless(facts.openingOff !== UNANSWERED, 'installation_unavailable'),
  },
  {
    name: 'this installation may open',
    refuses: ['opening_off'],
    at: MOMENTS,
    check: ({ facts: { openingOff } }) =>
      typeof openingOff === 'string' ? no('opening_off', { detail: { because: openingOff } }) : undefined,
  },
  {
    name: 'the policy was read',
    refuses: ['policy_unavailable'],
    at: MOMENTS,
    check: ({ facts }) => unless(facts.policy.ok, 'policy_unavailable'),
  },
  {
    name: 'the directory answered',
    refuses: ['directory_unavailable'],
    at: MOMENTS,
    check: ({ facts }) => unless(facts.directory.ok, 'directory_unavailable'),
  },
  {
    name: 'the chat answered who acts',
    refuses: ['account_unavailable'],
    at: MOMENTS,
    check: ({ facts }) => unless(facts.account.ok, 'account_unavailable'),
  },
  {
    name: 'no answer is old',
    refuses: ['stale_facts'],
    at: MOMENTS,
    check: ({ facts: { policy, directory, account, incident }, now }) =>
      unless(
        [policy, directory, account, incident].every((lookup) => !lookup.ok || isFresh(lookup, now)),
        'stale_facts',
      ),
  },
  {
    name: 'the chat answered of every approver',
    refuses: ['account_unavailable'],
    at: ['issue'],
    check: ({ facts, given }) =>
      unless(
        given.every(({ key }) => facts.approvers?.[key]?.ok === true),
        'account_unavailable',
      ),
  },
  {
    name: 'no answer of an approver is old',
    refuses: ['stale_facts'],
    at: ['issue'],
    check: ({ facts, given, now }) =>
      unless(
        given.every(({ key }) => {
          const account = facts.approvers?.[key];
          return !account?.ok || isFresh(account, now);
        }),
        'stale_facts',
      ),
  },
  {
    name: 'the target answered',
    refuses: ['target_unavailable'],
    at: ['issue'],
    check: ({ facts }) => unless(facts.target.ok, 'target_unavailable'),
  },
  {
    // The source is up, and answered about this incident before: it may again.
    name: 'the incident source will answer clearly again',
    refuses: ['incident_unclear'],
    at: ['issue'],
    check: ({ facts }) => unless(!isUnclear(facts), 'incident_unclear'),
  },
  {
    name: 'the answer of the target is not old',
    refuses: ['stale_facts'],
    at: ['issue'],
    check: ({ facts, now }) => unless(!facts.target.ok || isFresh(facts.target, now), 'stale_facts'),
  },
];
