import type { CloudDefinition } from '../../../src/core/policy/cloud.ts';
import type { Account } from '../../../src/core/policy/policy.ts';
import type { Plan } from '../../../src/core/request/request.ts';
import type { CloudObject, OpenProvider, PlanInput } from '../../../src/ports/provider.ts';

/** What becomes of a request: it is refused, done but not answered, cut off, or it waits; before or after it was done. */
export type Stumble =
  | 'throttle'
  | 'fail_before'
  | 'fail_after'
  | 'drop_before'
  | 'drop_after'
  | 'hold_before'
  | 'hold_after';
/** After each of these the same call may be sent again. */
export const PASSING: readonly Stumble[] = ['throttle', 'fail_before', 'fail_after', 'drop_before', 'drop_after'];
/** Where a process may die. */
export const HOLDS: readonly Stumble[] = ['hold_before', 'hold_after'];
/** Longer than any call is tried. */
export const ALWAYS = 100;

/** One request of the cloud's protocol. */
export interface Step {
  readonly action: string;
  /** Tells it from others of the same action. */
  readonly where?: Readonly<Record<string, string>>;
}
export const nameOf = ({ action, where = {} }: Step): string => [action, ...Object.values(where)].join(' ');

export interface Wanted {
  /** Whose key it is for; its own unless told. Each is one person's, in the same role and account. */
  readonly key?: number;
  readonly installationId?: string;
  /** From now to the planned end. */
  readonly seconds?: number;
  readonly offsetMs?: number;
  readonly head?: string;
}

/** A local server of a cloud, its provider, and all that can go wrong between them. */
export interface CloudRig {
  readonly definition: CloudDefinition;
  readonly provider: OpenProvider;
  readonly account: Account;
  /** What no message, log line or plan may show. */
  readonly secrets: readonly string[];
  /** What the provider logged. */
  readonly logged: readonly string[];
  /** Another process's provider: it shares nothing with the first but the cloud. */
  another(): OpenProvider;
  /** What a plan of grant `n` is made from. */
  order(n: number, change?: Wanted): PlanInput;
  /** The next requests of this step, by whomever. */
  fault(kind: Stumble, step: Step, times?: number): void;
  whenHeld(): Promise<unknown>;
  /** How many requests wait. */
  held(): number;
  releaseAll(drop?: boolean): void;
  /** No fault, nothing held, the clock right, definitions as reviewed. */
  calm(): Promise<void>;
  /** Requests that came since the one of this number; the last number where none is named. */
  mark(): number;
  writes(since: number): readonly string[];
  asked(since: number, step: Step): number;
  /** Moves the cloud's clock this far from ours. */
  setClock(ms: number): void;
  /** What the cloud does by itself some time after an end: nothing, where it refuses exactly then. */
  nativeEndPasses(): void;
  /** Who was planned for, or somebody else, takes it up: a session, or undefined where they are refused. */
  enter(plan: Plan, as?: 'holder' | 'stranger'): Promise<unknown>;
  /** Whether that session may do now what its role allows. */
  may(session: unknown): Promise<boolean>;
  /** Somebody with rights in the account gives it more than was approved. */
  alter(plan: Plan): Promise<unknown>;
  deleteByHand(plan: Plan): Promise<unknown>;
  /** Somebody takes an ending back. */
  reopenByHand(plan: Plan): void;
  /** An object that carries nobody's id, in the place where only ours should stand. */
  foreign(name: string): Promise<unknown>;
  /** Throws where what a half opening left is not as this cloud has it. */
  checkHalfOpen?(plan: Plan): void;
  /** Throws where what an ending of open access left is not as this cloud has it. */
  checkEnded?(plan: Plan): void;
  /** What stands under this name, with its content; undefined where nothing does. */
  standing(name: string): (CloudObject & { readonly content: string }) | undefined;
  /** What the roles refer to changes in the cloud. */
  changeDefinition(): Promise<unknown>;
  close(): Promise<void>;
}

/** A cloud as the contract is run on it. */
export interface CloudUnderTest {
  readonly name: string;
  /** Its writes, in any order of their answers. */
  readonly opening: readonly Step[];
  readonly ending: readonly Step[];
  readonly extending: readonly Step[];
  /** How the broker gets its own session. */
  readonly token: Step;
  /** An ending leaves something that stops whoever is late. */
  readonly isFenced: boolean;
  /** It holds one object for each person, role and scope. */
  readonly isOnePerKey: boolean;
  open(): Promise<CloudRig>;
}
