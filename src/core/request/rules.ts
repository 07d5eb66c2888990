import { canonical } from '../canonical.ts';
import { principalOf } from '../policy/cloud.ts';
import { type Cloud, personById, personOf, share, teamsOf } from '../policy/directory.ts';
import { REASONS } from '../policy/policy.ts';
import { termsDigest, termsOf } from '../policy/terms.ts';
import { PURPOSE_MAX } from './command.ts';
import { CLOCK_APART_MS, QUOTA_MARGIN } from './facts.ts';
import { INCIDENT } from './incident-rules.ts';
import { linkedProblem } from './linked.ts';
import { PENDING_MAX } from './requester-history.ts';
import { MOMENTS, no, type Rule, unless } from './rule.ts';

/*
 * Every rule by which access is asked for, approved, extended and issued, once each: its refusal, the moments at which it
 * holds, and its check. The order of the list is the order of the refusals. To add a rule: one entry, its words
 * (`chat/words/words.ts`), its section in docs/errors.md, and its case in test/core/request/rules.test.ts, which takes each rule out and
 * sees the refused input pass.
 *
 * Not in the list is what is no question of facts:
 * - Whether the row waits for this command at all, its deadlines included (`decideBy`, `grantBy`, the end): the table of
 *   `transitions.ts` and the command itself, before anything is judged.
 * - Who may click: `knownPerson` finds the person behind a chat account, which reading and attesting ask too; and more
 *   time is the requester's to ask for. Nobody can be judged who was not found.
 * - What a request is made of: its incident's id, its role. Without them there are no terms to judge by.
 * - Who may fill which clause, and the floors of B2 (`approvals.ts`): that weighs every yes against all others. Of it the
 *   list knows the result.
 */

const LATER = ['approve', 'extend', 'issue'] as const;

/** Every request names somebody who must say yes. */
const hasClauses: Omit<Rule, 'at'> = {
  name: 'somebody must say yes',
  refuses: ['no_clauses'],
  check: ({ terms, input }) => unless(terms.clauses.length > 0, 'no_clauses', input && { field: 'role' }),
};

/** What whoever acts was shown is what stands: for a form the terms of now, for a click what the card asks for. */
const sawWhatStands: Omit<Rule, 'at'> = {
  name: 'what was shown is what stands',
  refuses: ['look_again'],
  check: ({ shown, input }) =>
    unless(shown !== undefined && shown.digest === shown.stands, 'look_again', input && { field: 'role' }),
};

/** No more time than is offered: at once, or with every extension. */
const minutesFit: Omit<Rule, 'at'> = {
  name: 'the minutes are offered',
  refuses: ['over_long', 'over_total'],
  check: ({ minutes }) => {
    if (minutes?.offered.includes(minutes.wanted)) return undefined;
    const max = String(minutes?.max ?? 0);
    return minutes?.left === undefined
      ? no('over_long', { field: 'minutes', detail: { max } })
      : no('over_total', { field: 'minutes', detail: { max, left: String(minutes.left) } });
  },
};

/** Of the form that asks. */
const FORM: readonly Rule[] = [
  { ...minutesFit, at: ['ask'] },
  {
    name: 'the reason is one of ours',
    refuses: ['bad_reason'],
    at: ['ask'],
    check: ({ input }) =>
      unless(
        REASONS.some((reason) => reason === input?.reason),
        'bad_reason',
        { field: 'reason' },
      ),
  },
  {
    name: 'the purpose says something',
    refuses: ['bad_purpose'],
    at: ['ask'],
    check: ({ input }) => {
      const { length } = input?.purpose.trim() ?? '';
      return unless(length >= 3 && length <= PURPOSE_MAX, 'bad_purpose', { field: 'purpose' });
    },
  },
  {
    name: 'the runbook is one of that role',
    refuses: ['unknown_runbook'],
    at: ['ask'],
    check: ({ input, policy }) => {
      if (input?.runbook === undefined) return undefined;
      const runbook = policy.runbooks.find(({ id }) => id === input.runbook);
      return unless(runbook?.role === input.role, 'unknown_runbook', { field: 'runbook' });
    },
  },
];

/** Is it still the request that everybody saw, of somebody who may ask for it? */
const REQUEST: readonly Rule[] = [
  { ...sawWhatStands, at: ['approve', 'extend'] },
  {
    name: 'the terms are still those of the policy',
    refuses: ['terms_changed'],
    at: LATER,
    check: ({ request, terms, policy }) => {
      const now = termsOf(policy, terms.role.id);
      const digest = request?.details.digest;
      // The terms that are counted by are those of the row: they too must still be what everybody saw.
      return unless(now !== undefined && termsDigest(now) === digest && termsDigest(terms) === digest, 'terms_changed');
    },
  },
  { ...hasClauses, at: LATER },
  {
    name: 'the chat account that asked is still the requester’s',
    refuses: ['ambiguous_person', 'unknown_person'],
    at: LATER,
    check: ({ directory, requester: { id, key, name, person } }) => {
      const linked = personOf(directory, key);
      const detail = { who: name };
      if (linked === 'ambiguous') return no('ambiguous_person', { detail });
      return unless(person !== undefined && linked !== 'unknown' && linked.id === id, 'unknown_person', { detail });
    },
  },
  {
    // Whoever asks, at first or for more time, was found to be neither suspended nor without a team when they acted.
    name: 'the requester is not suspended',
    refuses: ['suspended'],
    at: ['approve', 'issue'],
    check: ({ requester: { name, person } }) => unless(!person?.suspended, 'suspended', { detail: { who: name } }),
  },
  {
    name: 'the requester’s teams may ask for the role',
    refuses: ['no_team', 'over_scope'],
    at: MOMENTS,
    check: ({ directory, requester: { name, person }, terms, input }) => {
      const teams = person === undefined ? [] : teamsOf(directory, person);
      const { mayAsk } = terms.role;
      if (teams.length === 0) return no('no_team', { detail: { who: name } });
      const asked = input && ({ field: 'role', detail: { teams: mayAsk.join(', ') } } as const);
      return unless(share(teams, mayAsk), 'over_scope', asked);
    },
  },
  { ...sawWhatStands, at: ['ask'] },
  {
    name: 'the requester is a full member of the chat',
    refuses: ['account_guest', 'account_bot', 'account_deleted', 'account_stranger'],
    at: ['issue'],
    check: ({ account }) => (account === 'member' ? undefined : no(`account_${account}`)),
  },
  {
    // Whoever asks or approves was found to be barred in none when they acted.
    name: 'no other chat bars the requester',
    refuses: ['account_guest', 'account_bot', 'account_deleted'],
    at: ['issue'],
    check: ({ facts, requester: { key, person } }) => person && linkedProblem(facts, person, key),
  },
];

/** Who commands, who must say yes and how, who they are to the cloud, and what they asked for before. */
const PEOPLE: readonly Rule[] = [
  {
    name: 'the commander is one of us',
    refuses: ['unknown_commander'],
    at: ['ask'],
    check: ({ input, directory }) => {
      const commander = input && personById(directory, input.commander);
      return unless(commander !== undefined && !commander.suspended, 'unknown_commander', { field: 'commander' });
    },
  },
  { ...hasClauses, at: ['ask'] },
  {
    name: 'every clause is filled (B2, B3)',
    refuses: ['turned_unverified', 'approvals_missing'],
    at: ['issue'],
    check: ({ missing }) => missing && no(missing),
  },
  { ...minutesFit, at: ['extend'] },
  {
    name: 'no clause wants a step-up',
    refuses: ['step_up_unavailable'],
    at: ['ask', 'extend'],
    check: ({ terms, input }) =>
      unless(
        terms.clauses.every(({ assurance }) => assurance !== 'stepped_up'),
        'step_up_unavailable',
        input && { field: 'role' },
      ),
  },
  {
    name: 'the cloud identity is theirs alone, and the one that was approved',
    refuses: ['no_cloud_identity'],
    at: ['ask', 'issue'],
    check: ({ facts, directory, subject, terms, input, targets = [] }) => {
      const principalIn = (cloud: Cloud) => subject && principalOf(facts.clouds, directory, subject, cloud);
      const known = principalIn(terms.role.provider) !== undefined;
      // By canonical form: neither a store nor a source keeps the order of keys.
      const same = targets.every((one) => canonical(one.principal) === canonical(principalIn(one.provider) ?? null));
      return unless(known && same, 'no_cloud_identity', input && { field: 'role' });
    },
  },
  {
    name: 'what was asked before was read (A11)',
    refuses: ['stale_facts'],
    at: ['ask'],
    check: ({ facts: { history } }) => unless(history !== undefined, 'stale_facts'),
  },
  {
    name: 'it was not asked for already (A11)',
    refuses: ['already_asked'],
    at: ['ask'],
    check: ({ facts: { history } }) => history?.same && no('already_asked', { detail: { ...history.same } }),
  },
  {
    name: 'not too much waits for an answer (A11)',
    refuses: ['too_many_pending'],
    at: ['ask'],
    check: ({ facts: { history } }) => {
      const detail = { max: String(PENDING_MAX), ids: (history?.pending ?? []).join(', ') };
      return unless((history?.pending.length ?? 0) < PENDING_MAX, 'too_many_pending', { detail });
    },
  },
  {
    name: 'not too much stands in the account (A11)',
    refuses: ['too_many_objects'],
    at: ['ask'],
    check: ({ facts: { history }, policy, terms: { account } }) => {
      const { maxObjects } = policy.requests;
      const objects = history?.objects ?? 0;
      const where = `${account.name} (${account.id})`;
      const detail = { account: where, objects: String(objects), max: String(maxObjects) };
      return unless(objects < maxObjects, 'too_many_objects', { field: 'role', detail });
    },
  },
];

/** What the target itself says against writing there now. */
const TARGET: readonly Rule[] = [
  {
    name: 'the target’s clock is near ours',
    refuses: ['clock_apart'],
    at: ['issue'],
    check: ({ target }) => {
      const offsetMs = target?.offsetMs ?? Number.POSITIVE_INFINITY;
      const detail = { seconds: String(Math.round(offsetMs / 1000)) };
      return unless(Math.abs(offsetMs) <= CLOCK_APART_MS, 'clock_apart', { detail });
    },
  },
  {
    name: 'what was pinned is what was reviewed',
    refuses: ['definition_changed'],
    at: ['issue'],
    check: ({ target }) => {
      const changed = target?.changedDefinitions ?? [];
      return unless(changed.length === 0, 'definition_changed', { detail: { definitions: changed.join(', ') } });
    },
  },
  {
    // More time is asked for on the very object that they have.
    name: 'the cloud holds it for them only once',
    refuses: ['already_held'],
    at: ['issue'],
    check: ({ target, request }) => {
      if (target?.heldAs === undefined || request?.state === 'active') return undefined;
      return no('already_held', { detail: { name: target.heldAs } });
    },
  },
  {
    // More time makes no new object.
    name: 'there is room for one more object',
    refuses: ['room_short'],
    at: ['issue'],
    check: ({ target, request }) => {
      if (target === undefined || request?.state === 'active') return undefined;
      const short = target.room.find(({ used, quota }) => used >= quota * (1 - QUOTA_MARGIN));
      return (
        short &&
        no('room_short', { detail: { what: short.what, used: String(short.used), quota: String(short.quota) } })
      );
    },
  },
];

/** After `GATES`, by what they let through: what is asked for, by whom, and whether it is still what everybody saw. */
export const RULES: readonly Rule[] = [...FORM, ...REQUEST, ...INCIDENT, ...PEOPLE, ...TARGET];
