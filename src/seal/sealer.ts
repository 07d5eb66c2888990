import type { Cadence, Checkpoint } from '../core/audit/checkpoint.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';
import type { Anchor } from './anchor.ts';
import { anchoring } from './anchoring.ts';
import { explaining } from './explaining.ts';
import type { SealKeys } from './keys.ts';
import { type Memory, sealOnce } from './seal-once.ts';

export interface SealerSettings {
  readonly ledger: Ledger;
  readonly keys: SealKeys;
  readonly anchors: readonly Anchor[];
  readonly cadence: Cadence;
  readonly logger: Logger;
}

export interface Sealer {
  /** Resolves when the first look is over, whatever came of it. */
  readonly first: Promise<void>;
  /** Lets a look that has begun finish, aborts what is on its way to an anchor. */
  stop(): Promise<void>;
}

const LOCK = 'seal';
const STOP_MS = 10_000;

/**
 * Seals the log once a minute, and follows with the anchors. One process at a time, by a lock: a second one stands by.
 * What cannot be signed is said again with every look, until somebody has looked. Beside it rows are held to their events.
 */
export function startSealer({ ledger, keys, anchors, cadence, logger }: SealerSettings): Sealer {
  const stopping = new AbortController();
  const followers = anchors.map((anchor) => anchoring({ ledger, anchor, keys, logger, stopping: stopping.signal }));
  const rows = explaining({ ledger, logger });
  let following: Promise<unknown> = Promise.resolve();
  let current: Promise<void> | undefined;

  // Of this process: a database that is rolled back while we run is noticed without any file.
  let own: Memory | undefined;

  const refuse = (why: string): void =>
    logger.error(
      { why },
      'nothing is signed: the log does not go on from what was signed; keep the database as it is and tell security',
    );

  const look = async (): Promise<void> => {
    const differs = followers.map((one) => one.differs).find((why) => why !== undefined);
    if (differs !== undefined) return refuse(`${differs}. Start the sealer again when one history is left`);
    const memories = await remembered(ledger, anchors, own, logger);
    const sealing = await ledger.look((view) => sealOnce(view, { keys, memories, cadence }));
    if (sealing.kind === 'refused') refuse(sealing.why);
    if (sealing.kind === 'sealed') {
      own = known(sealing.checkpoint);
      logger.info({ checkpoint: sealing.checkpoint.header.number, leaves: sealing.leaves }, 'sealed');
    }
    // It agreed with every place that remembers.
    if (sealing.kind === 'quiet') own = known(sealing.newest);
  };

  const pass = async (): Promise<void> => {
    try {
      await ledger.withLock(LOCK, 0, look);
    } catch (error) {
      logger.error({ why: String(error) }, 'the log could not be looked at, so nothing is sealed; it is tried again');
    }
    // Not waited for: a place outside that hangs, or ten thousand rows, must not keep the log from being sealed.
    following = Promise.all([...followers, rows].map(({ run }) => run()));
  };

  const tick = (): Promise<void> => {
    current ??= pass().finally(() => {
      current = undefined;
    });
    return current;
  };

  const timer = setInterval(() => void tick(), cadence.changedMs);
  return {
    first: tick(),
    stop: async () => {
      clearInterval(timer);
      await current;
      stopping.abort();
      await Promise.race([following, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
    },
  };
}

const known = ({ header, hash }: Checkpoint): Memory => ({
  place: 'what this process knows',
  number: header.number,
  hash,
});

/**
 * What is remembered outside of the database of the newest checkpoint there, and of any after it. An anchor that does
 * not answer stops nothing once this process remembers by itself; before that, nobody would know of a database that was
 * rolled back: rejects.
 */
async function remembered(ledger: Ledger, anchors: readonly Anchor[], own: Memory | undefined, logger: Logger) {
  const memories = own === undefined ? [] : [own];
  const newest = (await ledger.newest())?.header.number ?? 0;
  for (const anchor of anchors) {
    try {
      const held = [await anchor.memory?.(), await anchor.at?.(newest + 1), newest > 0 && (await anchor.at?.(newest))];
      memories.push(...held.filter((one) => one !== undefined && one !== false));
    } catch (error) {
      if (own === undefined) throw error;
      logger.warn({ anchor: anchor.name, why: String(error) }, 'an anchor could not say what it holds');
    }
  }
  return memories;
}
