import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import { withDeadline } from '../../../bounded.ts';
import { Failure } from '../../../core/failure.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import { attempt, waitFor } from './attempt.ts';
import type { Limiter } from './limiter.ts';
import type { AccountSession, Door, Sessions } from './session.ts';

/** What every call needs, whichever account it goes to. */
export interface Reach {
  readonly sessions: Sessions;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** One errand in one account: from which plan or terms, until when, and whether it is an ending. */
export interface Errand extends Door {
  readonly account: string;
  readonly signal: AbortSignal;
  /** Endings do not wait for the pace of writes. */
  readonly urgent: boolean;
}

type Iam = typeof import('@aws-sdk/client-iam');

/** The cloud's clock and ours at one moment, in milliseconds since 1970. */
export interface TimeReading {
  readonly cloud: number;
  readonly ours: number;
}

/** The broker at work in one account. Every method rejects with `Failure` and nothing else. */
export class AccountClient {
  readonly #reach: Reach;
  readonly #errand: Errand;

  constructor(reach: Reach, errand: Errand) {
    this.#reach = reach;
    this.#errand = errand;
  }

  get signal(): AbortSignal {
    return this.#errand.signal;
  }

  /** The same errand with so many milliseconds left at most, from now. */
  within(ms: number): AccountClient {
    const signal = withDeadline(ms, this.#errand.signal);
    return new AccountClient(this.#reach, { ...this.#errand, signal });
  }

  /** A question: changes nothing. `what` goes into logs. */
  async ask<T>(what: string, call: (iam: IAMClient, sdk: Iam, options: CallOptions) => Promise<T>): Promise<T> {
    const sdk = await import('@aws-sdk/client-iam');
    return await this.#send(what, ({ iam }, options) => call(iam, sdk, options));
  }

  /** A change, at the account's pace. */
  async write<T>(what: string, call: (iam: IAMClient, sdk: Iam, options: CallOptions) => Promise<T>): Promise<T> {
    const { account, urgent, signal } = this.#errand;
    await waitFor(this.#reach.limiter.reserve(account, performance.now(), urgent), what, signal);
    return await this.ask(what, call);
  }

  /**
   * The time in the account, by the `Date` of GetCallerIdentity there, beside ours half-way between asking and
   * answering. That header has whole seconds, rounded down: the cloud is at least that far.
   */
  async time(): Promise<TimeReading> {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    return await this.#send('reading the time of the account', async ({ sts }, options) => {
      const asked = await this.#now();
      const command = new GetCallerIdentityCommand({});
      let date: string | undefined;
      command.middlewareStack.add(
        (next) => async (args) => {
          const done = await next(args);
          date = dateHeader(done.response);
          return done;
        },
        { step: 'deserialize', priority: 'low' },
      );
      await sts.send(command, options);
      const cloud = Date.parse(date ?? '');
      if (Number.isNaN(cloud)) throw new Failure('PROVIDER_UNAVAILABLE', 'the answer of the account had no date');
      return { cloud, ours: Math.round((asked + (await this.#now())) / 2) };
    });
  }

  async #now(): Promise<number> {
    return (await this.#reach.clock.now()).getTime();
  }

  async #send<T>(
    what: string,
    call: (session: { iam: IAMClient; sts: STSClient }, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const { sessions, random, logger } = this.#reach;
    const errand = this.#errand;
    let used: AccountSession | undefined;
    return await attempt(
      {
        what: `${what} in account ${errand.account}`,
        signal: errand.signal,
        secrets: [errand.externalId],
        renew: () => sessions.leave(errand, used),
        random,
        again: (wire, tried) => logger.info({ account: errand.account, what, wire, tried }, 'AWS is asked again'),
      },
      async (signal) => {
        used = await sessions.enter(errand, errand.signal);
        return call(used, { abortSignal: signal });
      },
    );
  }
}

interface CallOptions {
  readonly abortSignal: AbortSignal;
}

function dateHeader(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  const headers: unknown = Reflect.get(response, 'headers');
  if (typeof headers !== 'object' || headers === null) return undefined;
  const date: unknown = Reflect.get(headers, 'date');
  return typeof date === 'string' ? date : undefined;
}
