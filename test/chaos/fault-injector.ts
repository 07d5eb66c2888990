import { setTimeout as wait } from 'node:timers/promises';
import type { Person } from '../../src/demo/slack/person.ts';
import { BROKER } from '../crash/holds.ts';
import { channelOf, slackOf, WARDENS } from './catalog.ts';
import type { Counts } from './counts.ts';
import { type Deliveries, FATES } from './deliveries.ts';
import type { Installation, Place } from './installation.ts';
import type { Random } from './random.ts';

/** Something that held processes up: what they had looked up before it may be older by as much. */
export interface Spell {
  readonly from: number;
  readonly to: number;
}

type Trouble = (injector: FaultInjector, random: Random) => Promise<unknown> | unknown;

const WORKERS: readonly Place[] = ['first worker', 'second worker'];
const SLACK_METHODS = ['chat.postMessage', 'chat.update', 'users.info', 'views.open', 'conversations.replies', '*'];

/** A limit on `chat.update` is one for all lanes together, and is kept for minutes: it would measure patience only. */
const LIMITED_METHODS = ['chat.postMessage', 'users.info', 'views.open', 'conversations.replies'];

const aws =
  (kind: 'throttle' | 'delay' | 'fail_before' | 'fail_after' | 'drop_before' | 'drop_after'): Trouble =>
  ({ installation }, random) =>
    installation.stage.aws.dials.add({
      kind,
      action: '*',
      principal: BROKER,
      times: 1 + random.below(4),
      ...(kind === 'delay' ? { ms: 200 + random.below(2_500) } : {}),
    });

const slack =
  (when: 'before' | 'after', shape: { readonly status: number } | { readonly drop: true }): Trouble =>
  ({ installation }, random) =>
    installation.stage.slack.dials.fail(random.pick(SLACK_METHODS), when, shape, 1 + random.below(3));

const stop =
  (places: readonly Place[], longestMs: number): Trouble =>
  async (injector, random) => {
    const bot = injector.installation.at(random.pick(places));
    bot.freeze();
    await injector.during(wait(500 + random.below(longestMs)));
    bot.thaw();
  };

/** Openings are frozen for a moment, by one warden, and allowed again by two. */
const freeze: Trouble = async ({ installation }, random) => {
  const wardens = WARDENS.map((id) => installation.stage.slack.as(slackOf(id)));
  const type = (text: string) => (warden: Person) => warden.command('/breakglass', text, channelOf(0));
  await type(random.next() < 0.3 ? 'freeze all for a test' : 'freeze for a test')(random.pick(wardens));
  await wait(300 + random.below(4_000));
  const isFrozen = () => installation.withStore(async (store) => (await store.freeze()) !== undefined);
  for (let tries = 0; tries < THAW_TRIES && (await isFrozen()); tries += 1) {
    for (const warden of wardens) await type('thaw')(warden);
  }
};
const THAW_TRIES = 20;

/** The second chat takes nothing for a while: it says so, says nothing, or takes its time. */
const away =
  (down: 'refusing' | 'silent' | false, slowMs = 0): Trouble =>
  async ({ installation }, random) => {
    const { levers } = installation.house.server;
    Object.assign(levers, { down, slowMs });
    await wait(500 + random.below(2_500));
    Object.assign(levers, { down: false, slowMs: 0 });
  };

/** The next lines there come to this end; a card of unknown end is what killed processes make of it. */
const lost =
  (fault: 'lost_before' | 'lost_after' | 'throttled' | 'nonsense'): Trouble =>
  ({ installation }, random) =>
    installation.house.server.arm(fault === 'throttled' ? 'say' : 'answer', fault, 1 + random.below(3));

/** Every kind of trouble that the injector makes. */
const TROUBLES: Readonly<{ [kind: string]: Trouble }> = {
  kill_web: ({ installation }) => installation.replace('web'),
  kill_worker: ({ installation }, random) => installation.replace(random.pick(WORKERS)),
  // Within Slack's patience, and beyond it.
  stop_web: stop(['web'], 4_000),
  stop_worker: stop(WORKERS, 5_000),
  restart_postgres: (injector) => injector.during(injector.installation.restartPostgres()),
  restart_redis: ({ installation }) => installation.loseQueue('restart'),
  wipe_queue: ({ installation }) => installation.loseQueue('wipe'),
  move_clock: ({ installation }, random) => {
    const minutes = random.pick([-11, -4, -1, 0, 2, 7, 13]);
    installation.at(random.pick(WORKERS)).moveClock(minutes * 60_000);
  },
  freeze,
  aws_throttle: aws('throttle'),
  aws_delay: aws('delay'),
  aws_fail_before: aws('fail_before'),
  aws_fail_after: aws('fail_after'),
  aws_drop_before: aws('drop_before'),
  aws_drop_after: aws('drop_after'),
  slack_rate_limit: ({ installation }, random) =>
    installation.stage.slack.dials.rateLimit(random.pick(LIMITED_METHODS), 1 + random.below(3), 1),
  slack_delay: ({ installation }, random) =>
    installation.stage.slack.dials.delay(random.pick(SLACK_METHODS), 300 + random.below(2_000), 1 + random.below(3)),
  slack_fail_before: slack('before', { status: 503 }),
  slack_fail_after: slack('after', { status: 503 }),
  slack_drop_before: slack('before', { drop: true }),
  slack_drop_after: slack('after', { drop: true }),
  plain_down: away('refusing'),
  plain_silent: away('silent'),
  plain_slow: away(false, 700),
  plain_lost_before: lost('lost_before'),
  plain_lost_after: lost('lost_after'),
  plain_throttle: lost('throttled'),
  plain_nonsense: lost('nonsense'),
  ...Object.fromEntries(
    FATES.map((fate): [string, Trouble] => [
      fate,
      ({ deliveries }, random) => deliveries.arm(fate, 1 + random.below(2)),
    ]),
  ),
};

/** What no queue on PostgreSQL knows. */
const ONLY_REDIS: ReadonlySet<string> = new Set(['restart_redis']);
/** Time between two troubles, at the least and at the most, in milliseconds. */
const CALM_MS = 200;
const CALM_MAX_MS = 900;

/** Makes one trouble after the other until it is told to stop: a deck with every kind in it, shuffled anew each time. */
export class FaultInjector {
  readonly installation: Installation;
  readonly deliveries: Deliveries;
  readonly spells: Spell[] = [];
  readonly #counts: Counts;
  readonly #random: Random;
  #stopped = false;
  #making: Promise<void> | undefined;
  #dealt: () => void = () => undefined;
  /** Resolves when every kind of trouble was made at least once. */
  readonly everyKind = new Promise<void>((resolve) => {
    this.#dealt = resolve;
  });

  constructor(parts: { installation: Installation; deliveries: Deliveries; counts: Counts; random: Random }) {
    this.installation = parts.installation;
    this.deliveries = parts.deliveries;
    this.#counts = parts.counts;
    this.#random = parts.random;
  }

  /** Every kind that it makes on this backend. */
  static kinds(backend: Installation['backend']): readonly string[] {
    return Object.keys(TROUBLES).filter((kind) => backend === 'redis' || !ONLY_REDIS.has(kind));
  }

  start(): void {
    this.#making = this.#make();
  }

  /** Notes that this held processes up. */
  async during(work: Promise<unknown>): Promise<void> {
    const from = Date.now();
    await work;
    this.spells.push({ from, to: Date.now() });
  }

  /** No trouble any more; everything that was armed is taken back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#making;
    const { aws: cloud, slack: chat } = this.installation.stage;
    cloud.dials.clear();
    chat.dials.clearFaults();
    this.installation.house.server.disarm();
    this.deliveries.clear();
  }

  async #make(): Promise<void> {
    for (;;) {
      for (const kind of this.#random.shuffled(FaultInjector.kinds(this.installation.backend))) {
        if (this.#stopped) return;
        await this.installation.lookForDeaths();
        const trouble = TROUBLES[kind];
        await trouble?.(this, this.#random);
        this.#counts.add(kind);
        await wait(CALM_MS + this.#random.below(CALM_MAX_MS - CALM_MS));
      }
      this.#dealt();
    }
  }
}
