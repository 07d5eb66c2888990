import type { ChatKey } from '../core/policy/directory.ts';
import type { Terms } from '../core/policy/terms.ts';
import { type Facts, type Lookup, NO_FACTS, UNANSWERED } from '../core/request/facts.ts';
import type { Target } from '../core/request/request.ts';
import type { FoundIncident } from '../ports/incidents.ts';
import type { PolicyInForce } from '../ports/store.ts';
import { type BrokerDeps, providerOf } from './deps.ts';
import { askLinked } from './linked.ts';
import { policyInForce, policyOf } from './policy-of.ts';
import { noteOutage } from './sweep/incident-outage.ts';

/** What to look up for one opening command. */
export interface Question {
  readonly key: ChatKey;
  /** Left out where no incident is asked for. */
  readonly incident?: string;
  /** Chat keys of those who said yes so far: their accounts are looked up too. */
  readonly approvers?: readonly ChatKey[];
  /** For `issue`: where the access is wanted. */
  readonly opening?: { readonly target: Target; readonly terms: Terms };
  readonly signal: AbortSignal;
}

const UNASKED = { ok: false, why: 'not asked' } as const;

/** What was found, and how old it was already; not yet with an instant. */
type Found<T> =
  | { readonly ok: true; readonly value: T; readonly ageMs: number }
  | { readonly ok: false; readonly why: string };

/**
 * Asks everybody, all at once, before any row is locked. A source that fails becomes a failed look-up and never an
 * exception: what to make of it is policy's business. Rejects only when the store does not tell the time.
 */
export async function gather(deps: BrokerDeps, question: Question): Promise<Facts> {
  const { opening, incident: named } = question;
  const lookup = async <T>(
    name: string,
    ask: () => Promise<T>,
    ageMs: (value: T) => number = () => 0,
  ): Promise<Found<T>> => {
    try {
      const value = await ask();
      return { ok: true, value, ageMs: ageMs(value) };
    } catch (error) {
      deps.logger.warn({ lookup: name, why: String(error) }, 'a look-up failed');
      return { ok: false, why: `${name} did not answer` };
    }
  };
  const began = performance.now();
  // The clock is asked beside the others, and its answer put back by as long as it took: nothing looks fresher than it is.
  const time = deps.store.clock.now().then((now) => Math.floor(now.getTime() - (performance.now() - began)));
  const inForce = policyInForce(deps);
  const people = lookup(
    'directory',
    async () => deps.directory.read((await inForce).policy),
    ({ ageMs }) => ageMs,
  );
  const others = people.then((found) =>
    found.ok ? askLinked(deps, found.value.directory, [question.key, ...(question.approvers ?? [])]) : [],
  );
  const [target, asked, policy, directory, incident, account, approvers, linked, installation, excess] =
    await Promise.all([
      // First: what is farthest away takes longest.
      opening === undefined
        ? UNASKED
        : lookup('target', () =>
            providerOf(deps, opening.target.provider).read(opening.target, opening.terms, question.signal),
          ),
      time,
      lookup('policy', () => inForce),
      people,
      named === undefined
        ? UNASKED
        : lookup(
            'incident',
            async () => clear(deps, await deps.incidents.find((await inForce).policy, named)),
            ({ ageMs }) => ageMs,
          ),
      lookup('account', () => deps.announce.account(question.key)),
      Promise.all(
        (question.approvers ?? []).map(
          async (key) => [key, await lookup('approver', () => deps.announce.account(key))] as const,
        ),
      ),
      others,
      lookup('installation', () => deps.store.installation()),
      lookup('rights', () => deps.store.excessPrivileges()),
    ]);
  // Beside the answer: whoever asked does not wait until security was told.
  if (named !== undefined && policy.ok && !incident.ok) void noteOutage(deps);
  const at = <T>(found: Found<T>): Lookup<T> =>
    found.ok ? { ok: true, value: found.value, at: new Date(asked - found.ageMs) } : found;
  return {
    clouds: deps.clouds,
    policy: mapped(at(policy), ({ policy: value }) => value),
    directory: mapped(at(directory), ({ directory: value }) => value),
    incident: mapped(at(incident), ({ incident: value }) => value),
    account: at(account),
    target: at(target),
    approvers: Object.fromEntries(approvers.map(([key, found]) => [key, at(found)])),
    linked: Object.fromEntries(linked.map(([key, said]) => [key, at(said.ok ? { ...said, ageMs: 0 } : said)])),
    openingOff: openingOff(deps.openingOff(), { policy, installation, excess }),
  };
}

/** What nobody can make sense of is said in the log: it may be the source's fault as well as the id's. */
function clear({ logger }: BrokerDeps, found: FoundIncident): FoundIncident {
  if (found.incident === 'unclear') logger.warn({ why: found.why }, 'the incident source gave no usable answer');
  return found;
}

/** For a freeze: who is of the security group. Neither chat nor cloud nor incident source is asked. */
export async function gatherPeople(deps: BrokerDeps): Promise<Facts> {
  const at = await deps.store.clock.now();
  const failed = (name: string) => (error: unknown) => {
    deps.logger.warn({ lookup: name, why: String(error) }, 'a look-up failed');
    return { ok: false, why: `${name} did not answer` } as const;
  };
  const inForce = policyOf(deps);
  const [policy, directory] = await Promise.all([
    inForce.then((value) => ({ ok: true, value, at }) as const, failed('policy')),
    inForce
      .then((value) => deps.directory.read(value))
      .then(({ directory: value }) => ({ ok: true, value, at }) as const, failed('directory')),
  ]);
  return { ...NO_FACTS, policy, directory };
}

/** The same with what the chats say of one account, and of the others of whoever is behind it: who somebody is, and nothing about opening. */
export async function gatherMember(deps: BrokerDeps, key: ChatKey): Promise<Facts> {
  const asked = deps.announce.account(key).then(
    (value) => ({ ok: true, value }) as const,
    (error: unknown) => {
      deps.logger.warn({ lookup: 'account', why: String(error) }, 'a look-up failed');
      return { ok: false, why: 'account did not answer' } as const;
    },
  );
  const people = gatherPeople(deps);
  const others = people.then(({ directory }) => (directory.ok ? askLinked(deps, directory.value, [key]) : []));
  const [facts, at, account, linked] = await Promise.all([people, deps.store.clock.now(), asked, others]);
  return {
    ...facts,
    account: account.ok ? { ...account, at } : account,
    linked: Object.fromEntries(linked.map(([one, said]) => [one, said.ok ? { ...said, at } : said])),
  };
}

/**
 * Whether nothing may be opened by this process now, asked afresh: just before something is written to a cloud. A
 * freeze is asked first, and one that cannot be asked is a no.
 */
export async function openingOffNow(deps: BrokerDeps): Promise<Facts['openingOff']> {
  const answered = async <T>(ask: Promise<T>): Promise<Found<T>> =>
    ask.then(
      (value) => ({ ok: true, value, ageMs: 0 }),
      (error: unknown) => ({ ok: false, why: String(error) }),
    );
  const [frozen, policy, installation, excess] = await Promise.all([
    answered(deps.store.freeze()),
    answered(policyInForce(deps)),
    answered(deps.store.installation()),
    answered(deps.store.excessPrivileges()),
  ]);
  if (!frozen.ok || !policy.ok) return UNANSWERED;
  if (frozen.value !== undefined) return 'openings are frozen';
  return openingOff(deps.openingOff(), { policy, installation, excess });
}

/** What this process must not open by, each read anew. */
interface Guards {
  readonly policy: Found<PolicyInForce>;
  readonly installation: Found<{ readonly copy: string | undefined }>;
  readonly excess: Found<string | undefined>;
}

function openingOff(process: string | undefined, { policy, installation, excess }: Guards): Facts['openingOff'] {
  if (process !== undefined) return process;
  // A policy that could not be read is a look-up of its own, and opens nothing either.
  if (!installation.ok || !excess.ok) return UNANSWERED;
  return (policy.ok ? policy.value.doubt : undefined) ?? installation.value.copy ?? excess.value;
}

const mapped = <A, B>(lookup: Lookup<A>, pick: (value: A) => B): Lookup<B> =>
  lookup.ok ? { ...lookup, value: pick(lookup.value) } : lookup;
