import { type ChatKey, type Directory, type Person, personById } from '../policy/directory.ts';
import type { Policy } from '../policy/policy.ts';
import type { Terms } from '../policy/terms.ts';
import type { RequestInput } from './command.ts';
import type { ChatAccount, Facts, TargetReading } from './facts.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import type { AccessRequest, Approval, Target } from './request.ts';

/** What a rule can be asked for. */
export const MOMENTS = ['ask', 'approve', 'extend', 'issue'] as const;
/** When the rules are asked: for each click, and by the worker just before it plans (access or more time, B4). */
export type Moment = (typeof MOMENTS)[number];

/** What was looked up for a command, before anybody is judged by it. */
export interface LookedUp {
  readonly facts: Facts;
  readonly now: Date;
  /** Every yes so far. */
  readonly given: readonly Approval[];
}

/** One command in its world, with all that a rule may ask. What a moment has not is undefined. */
export interface Situation extends LookedUp {
  readonly policy: Policy;
  readonly directory: Directory;
  /** What the chat says of whoever acts; at `issue`, of the requester. */
  readonly account: ChatAccount;
  /** At `ask` those of the policy; later those of the row, as everybody saw them. */
  readonly terms: Terms;
  readonly requester: {
    readonly id: string;
    readonly name: string;
    /** The chat identity that it is, or was, asked with. */
    readonly key: ChatKey;
    /** As the directory knows them now. */
    readonly person: Person | undefined;
  };
  /** Who gets the access, as the directory knows them now. */
  readonly subject: Person | undefined;
  /** What is asked for, at `ask`. */
  readonly input?: RequestInput | undefined;
  readonly request?: AccessRequest | undefined;
  /** Digest of what whoever acts was shown, and of what stands. */
  readonly shown?: { readonly digest: string; readonly stands: string } | undefined;
  /** At `ask`, and at `extend` with what the role leaves for this request. */
  readonly minutes?:
    | { readonly wanted: number; readonly offered: readonly number[]; readonly max: number; readonly left?: number }
    | undefined;
  /** At `issue`: why the clauses and the floor are not filled, if they are not. */
  readonly missing?: 'turned_unverified' | 'approvals_missing' | undefined;
  /** At `issue`: where it was approved. */
  readonly targets?: readonly Target[] | undefined;
  readonly target?: TargetReading | undefined;
}

/** One rule in one place: a name, every code that it may answer, and when it is asked. */
export interface Rule<S = Situation> {
  readonly name: string;
  readonly refuses: readonly [RefusalCode, ...RefusalCode[]];
  readonly at: readonly Moment[];
  /** Why not, or undefined. Pure. */
  readonly check: (situation: S) => Refusal | undefined;
}

/** A refusal, written short. */
export const no = (code: RefusalCode, more: Omit<Refusal, 'code'> = {}): Refusal => ({ code, ...more });
export const unless = (holds: boolean, code: RefusalCode, more: Omit<Refusal, 'code'> = {}): Refusal | undefined =>
  holds ? undefined : no(code, more);

/** The first refusal among these rules at this moment, or undefined where all of them let it pass. */
export function refusalAt<S>(rules: readonly Rule<S>[], moment: Moment, situation: S): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule.at.includes(moment) ? rule.check(situation) : undefined;
    if (refusal) return refusal;
  }
  return undefined;
}

/** What the rules are asked of a request that exists, with what its moment adds. */
export const situationOf = (
  request: AccessRequest,
  world: Pick<Situation, 'facts' | 'now' | 'given' | 'policy' | 'directory' | 'account'>,
  more: Pick<Situation, 'shown' | 'minutes' | 'missing' | 'targets' | 'target'>,
): Situation => {
  const { requester, askedWith, subject, terms } = request.details;
  const { id, name } = requester;
  const person = personById(world.directory, id);
  return {
    ...world,
    ...more,
    request,
    terms,
    requester: { id, name, key: askedWith, person },
    subject: personById(world.directory, subject.person),
  };
};
