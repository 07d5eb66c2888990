import type { Arrival, Dials, Held } from '../../src/demo/aws/dials.ts';

/** A request of the broker to the local AWS, told apart from others of the same life. */
export interface AwsStep {
  /** The action, with the policy it is about. */
  readonly name: string;
  /** The first, the second … of this name since counting began. */
  readonly nth: number;
  readonly side: Held['side'];
}

/** What a request is called, and in which account it is made. */
export function nameOf({ action, account, params }: Arrival): { readonly name: string; readonly account: string } {
  const about = params.PolicyName ?? params.PolicyArn?.split('/').at(-1);
  const target = action === 'AssumeRole' ? (params.RoleArn?.split(':')[4] ?? '') : account;
  return { name: about === undefined ? action : `${action} ${about}`, account: target };
}

/** Every identity of the broker, and nobody else's. */
export const BROKER = '*breakglass*';
const isBroker = (principal: string): boolean => principal.includes(BROKER.replaceAll('*', ''));

/**
 * Is this a step of a life? Listing the cloud, and a worker that asks who it is to know that it is well, come at any
 * moment.
 */
export const isStep = ({ principal, action }: Pick<Arrival, 'principal' | 'action'>): boolean =>
  isBroker(principal) &&
  action !== 'ListRoles' &&
  (action !== 'GetCallerIdentity' || principal.includes(':assumed-role/'));
const LOOK_MS = 3;
const FOR_EVER = 1_000_000;

type Wanted = (step: AwsStep, account: string, held: Held) => boolean;

/**
 * Holds the broker's requests, before and after their work, where somebody wants them held; all others pass. Counting
 * begins with `start`.
 */
export class AwsHolds {
  readonly #dials: Dials;
  #timer: NodeJS.Timeout | undefined;
  #wanted: Wanted = () => false;
  readonly #seen = new Set<number>();
  readonly #counts = new Map<string, number>();
  /** The number of a request, by its parameters, which are the same object before and after its work. */
  #numbers = new WeakMap<object, number>();

  constructor(dials: Dials) {
    this.#dials = dials;
  }

  start(wanted: Wanted): void {
    this.letGo();
    this.#seen.clear();
    this.#counts.clear();
    this.#numbers = new WeakMap();
    this.#wanted = wanted;
    for (const kind of ['hold_before', 'hold_after'] as const) {
      this.#dials.add({ kind, action: '*', principal: BROKER, times: FOR_EVER });
    }
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  /** Lets everything go on, and holds nothing more. What was held before its work is not held after it either. */
  letGo(): void {
    this.#wanted = () => false;
    this.#dials.clear();
    this.#dials.releaseAll('proceed');
  }

  close(): void {
    clearInterval(this.#timer);
    this.#dials.clear();
    this.#dials.releaseAll('drop');
  }

  #look(): void {
    for (const held of this.#dials.held()) {
      if (this.#seen.has(held.id)) continue;
      this.#seen.add(held.id);
      if (!isStep(held)) {
        this.#dials.release(held.id);
        continue;
      }
      const { name, account } = nameOf(held);
      const nth = this.#numbers.get(held.params) ?? this.#number(`${account} ${name}`);
      this.#numbers.set(held.params, nth);
      if (!this.#wanted({ name, nth, side: held.side }, account, held)) this.#dials.release(held.id);
    }
  }

  #number(key: string): number {
    const nth = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, nth);
    return nth;
  }
}
