import type { ChatKey } from '../core/directory.ts';
import type { Facts, Lookup } from '../core/facts.ts';
import type { Policy } from '../core/policy.ts';
import type { Target } from '../core/request.ts';
import type { Terms } from '../core/terms.ts';
import type { BrokerDeps } from './deps.ts';

/** What to look up for one opening command. */
export interface Question {
  readonly key: ChatKey;
  readonly incident: string;
  /** For `issue`: where the access is wanted, and who approved it. */
  readonly opening?: { readonly target: Target; readonly terms: Terms; readonly approvers: readonly ChatKey[] };
  readonly signal: AbortSignal;
}

const UNASKED = { ok: false, why: 'not asked' } as const;

/**
 * Asks everybody, all at once, before any row is locked. A source that fails becomes a failed look-up and never an
 * exception: what to make of it is policy's business.
 */
export async function gather(deps: BrokerDeps, question: Question): Promise<Facts> {
  const asked = await deps.store.clock.now();
  const lookup = async <T>(
    name: string,
    ask: () => Promise<T>,
    ageMs: (value: T) => number = () => 0,
  ): Promise<Lookup<T>> => {
    try {
      const value = await ask();
      return { ok: true, value, at: new Date(asked.getTime() - ageMs(value)) };
    } catch (error) {
      deps.logger.warn({ lookup: name, why: String(error) }, 'a look-up failed');
      return { ok: false, why: `${name} did not answer` };
    }
  };
  const policy = await lookup('policy', () => policyOf(deps));
  const withPolicy = <T>(use: (policy: Policy) => Promise<T>): Promise<T> =>
    policy.ok ? use(policy.value) : Promise.reject(new Error('no policy is in force'));
  const { opening } = question;
  const [directory, incident, account, target, approvers, installation, mighty] = await Promise.all([
    lookup(
      'directory',
      () => withPolicy((now) => deps.directory.read(now)),
      ({ ageMs }) => ageMs,
    ),
    lookup(
      'incident',
      () => withPolicy((now) => deps.incidents.find(now, question.incident)),
      ({ ageMs }) => ageMs,
    ),
    lookup('account', () => deps.announce.account(question.key)),
    opening === undefined
      ? UNASKED
      : lookup('target', () =>
          deps.providers[opening.target.provider].read(opening.target, opening.terms, question.signal),
        ),
    Promise.all(
      (opening?.approvers ?? []).map(
        async (key) => [key, await lookup('approver', () => deps.announce.account(key))] as const,
      ),
    ),
    lookup('installation', () => deps.store.installation()),
    lookup('rights', () => deps.store.tooMighty()),
  ]);
  return {
    policy,
    directory: mapped(directory, ({ directory: value }) => value),
    incident: mapped(incident, ({ incident: value }) => value),
    account,
    target,
    approvers: Object.fromEntries(approvers),
    openingOff: openingOff(deps.openingOff(), installation, mighty),
  };
}

function openingOff(
  process: string | undefined,
  installation: Lookup<{ readonly copy: string | undefined }>,
  mighty: Lookup<string | undefined>,
): string | undefined {
  if (process !== undefined) return process;
  if (!installation.ok || !mighty.ok) return 'the database did not say whether this installation may open anything';
  return installation.value.copy ?? mighty.value;
}

const mapped = <A, B>(lookup: Lookup<A>, pick: (value: A) => B): Lookup<B> =>
  lookup.ok ? { ...lookup, value: pick(lookup.value) } : lookup;

/** The policy in force; rejects when there is none. */
export async function policyOf(deps: Pick<BrokerDeps, 'store'>): Promise<Policy> {
  const inForce = await deps.store.policyInForce();
  if (inForce === undefined) throw new Error('no policy is in force');
  return inForce.policy;
}
