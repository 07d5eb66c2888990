import type { Cloud } from '../core/policy/directory.ts';
import type { Account } from '../core/policy/policy.ts';
import type { Terms } from '../core/policy/terms.ts';
import type { Alteration } from '../core/request/alteration.ts';
import type { TargetReading } from '../core/request/facts.ts';
import type { Party, Plan, RequestDetails, Target } from '../core/request/request.ts';

/** All that a plan is made of: from the same input comes the same plan. */
export interface PlanInput {
  readonly grantId: string;
  readonly installationId: string;
  /** Hash of the stream's newest event: the approvals' hash, put on the access itself. */
  readonly head: string;
  readonly plannedEnd: Date;
  /** The target's clock minus ours, as just measured: dates sent there carry it. */
  readonly offsetMs: number;
  readonly target: Target;
  readonly details: RequestDetails;
  readonly approvers: readonly Party[];
}

/** What stands in the cloud under a plan's name. */
export interface Observation {
  readonly found: boolean;
  /** The cloud's clock when it answered. */
  readonly cloudTime: Date;
  /** Everything the plan wants to open is there, equal to the plan, and nothing takes it away. */
  readonly open: boolean;
  /** The cloud's clock is at or past the end that the plan wrote there. */
  readonly pastEnd: boolean;
  /** All that an ending writes is there, equal to it: nothing gets through. */
  readonly ended: boolean;
  /** What makes the cloud end it by itself is there, equal to the plan's. */
  readonly nativeEndIntact: boolean;
  /** How it differs from what the plan opened, the content of what it refers to included. */
  readonly altered: readonly Alteration[];
}

/** An object in the place where only ours should stand. */
export interface CloudObject {
  readonly name: string;
  /** The cloud's own id: another object that is made under the same name has another. */
  readonly id: string;
}

/** One page of what stands there, with the cursor of the next; the last page has none. */
export interface ObjectPage {
  readonly objects: readonly CloudObject[];
  readonly next: string | undefined;
}

/** What such an object says of itself. */
export interface Inspection extends CloudObject {
  /** The installation that made it; undefined on one that carries no installation id. */
  readonly installationId: string | undefined;
  readonly grantId: string | undefined;
  /** All that an ending writes is there, equal to it: nothing gets through. */
  readonly ended: boolean;
}

/** What an ending read back. */
export interface Closed {
  readonly hashes: Readonly<Record<string, string>>;
  /**
   * What makes the cloud end it by itself was there too, equal to the plan's. Left out or false where it was not read: that
   * fails no ending.
   */
  readonly nativeEndIntact?: boolean | undefined;
}

/** How the requester uses the access. No secret. */
export interface Usage {
  /** What to do with the snippet, in a sentence that ends in a colon. */
  readonly say: string;
  /** Where it is used in a browser. */
  readonly link: { readonly url: string; readonly label: string } | undefined;
  readonly snippet: string;
}

/**
 * Puts one subject into one emergency role, and takes them out again. Each method may be called twice, and from a
 * second process. Each rejects with `Failure` and nothing else, and stops at its signal.
 */
export interface Provider {
  readonly cloud: Cloud;
  /** Reads the target's time, its room for one more, and what was pinned there. Changes nothing. */
  read(target: Target, terms: Terms, signal: AbortSignal): Promise<TargetReading>;
  /** Pure: the same order gives the same plan, down to the byte. */
  plan(input: PlanInput): Plan;
  /**
   * Resolves only after everything the plan opens was read back equal, and no ending was seen. `untried`: nothing was asked
   * of the cloud for this plan yet, as far as the caller knows, so a look at what stands may be left out; never a check.
   */
  open(plan: Plan, signal: AbortSignal, untried?: boolean): Promise<void>;
  /**
   * Moves what `from` opened to the end of `to`: same name, same grant, later dates. The end that the cloud enforces is
   * moved last, so whatever stops on the way leaves the old one. Resolves only after everything was read back equal to
   * `to`, and no ending was seen. A repeat finishes what an earlier one began.
   */
  extend(from: Plan, to: Plan, signal: AbortSignal): Promise<void>;
  /**
   * Resolves only after all that an ending writes was read back equal; returns its hashes. `removed` may be called with the
   * same as soon as it was, while what does not allow anything any more is still being tidied up.
   */
  close(plan: Plan, signal: AbortSignal, removed?: (closed: Closed) => void): Promise<Closed>;
  observe(plan: Plan, signal: AbortSignal): Promise<Observation>;
  /** Whether all that an ending writes stands, equal to it. The cheapest look at an ended plan. */
  isEnded(plan: Plan, signal: AbortSignal): Promise<boolean>;
  /** Deletes the tombstone. Only after the plan's `cleanUpAt`. */
  deleteTombstone(plan: Plan, signal: AbortSignal): Promise<void>;
  usage(plan: Plan): Usage;
  /** What a person with rights in the account can run to do what `close` does: lines for a POSIX shell. No secret. */
  manualCommands(plan: Plan): string;
  /**
   * One page of everything in this account that stands where only ours should, whoever made it. It may lag: what is
   * missing there may exist, and what is there may be gone. A cursor that the cloud does not take any more is
   * `PROVIDER_REFUSED`.
   */
  list(account: Account, cursor: string | undefined, signal: AbortSignal): Promise<ObjectPage>;
  /** One such object, read by name, or undefined when there is none. */
  inspect(account: Account, name: string, signal: AbortSignal): Promise<Inspection | undefined>;
  /**
   * Takes away what an object of this installation lets through, without a plan. Resolves only after all that an ending writes
   * was read back equal; whatever else stands on it is left for people to look at. Refuses with
   * `PROVIDER_CONFLICT`, touching nothing, where another object or another installation id stands under that name now.
   */
  closeOrphan(
    account: Account,
    orphan: CloudObject & { readonly installationId: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** What a person can run to do the same. */
  orphanCommands(name: string): string;
}

/** A provider with what only its process asks of it. */
export interface OpenProvider extends Provider {
  /**
   * Does the cloud know this process, wherever these accounts are? Changes nothing and needs no right. Rejects with
   * `Failure` where it does not; false where none of them is this cloud's.
   */
  identity(accounts: readonly Account[], signal: AbortSignal): Promise<boolean>;
  /** Lets go of its connections, when the process ends. */
  release(): void;
}
