import type { Cadence } from '../core/checkpoint.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';
import type { Anchor } from './anchor.ts';
import { anchoring } from './anchoring.ts';
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
 * What cannot be signed is said again with every look, until somebody has looked.
 */
export function startSealer({ ledger, keys, anchors, cadence, logger }: SealerSettings): Sealer {
  const stopping = new AbortController();
  const followers = anchors.map((anchor) => anchoring(ledger, anchor, logger, stopping.signal));
  let following: Promise<unknown> = Promise.resolve();
  let current: Promise<void> | undefined;

  // Of this process: a database that is rolled back while we run is noticed without any file.
  let own: Memory | undefined;

  const look = async (): Promise<void> => {
    const memory = await remembered(anchors, own, logger);
    const sealing = await ledger.look((view) => sealOnce(view, { keys, memory, cadence }));
    if (sealing.kind === 'refused') {
      logger.error(
        { why: sealing.why },
        'nothing is signed: the log does not go on from what was signed; keep the database as it is and tell security',
      );
    }
    if (sealing.kind === 'sealed') {
      const { header, hash } = sealing.checkpoint;
      own = { place: 'what this process signed', number: header.number, hash };
      logger.info({ checkpoint: header.number, leaves: sealing.leaves }, 'sealed');
    }
  };

  const pass = async (): Promise<void> => {
    try {
      await ledger.withLock(LOCK, 0, look);
    } catch (error) {
      logger.error({ why: String(error) }, 'the log could not be looked at, so nothing is sealed; it is tried again');
    }
    // Not waited for: a place outside that hangs must not keep the log from being sealed.
    following = Promise.all(followers.map(({ run }) => run()));
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

/**
 * The furthest that anything outside of the database remembers. An anchor that cannot be read stops nothing once this
 * process remembers by itself; before that, nobody would know of a database that was rolled back: rejects.
 */
async function remembered(anchors: readonly Anchor[], own: Memory | undefined, logger: Logger) {
  let best = own;
  for (const anchor of anchors) {
    try {
      const found = await anchor.memory?.();
      if (found !== undefined && found.number > (best?.number ?? 0)) best = found;
    } catch (error) {
      if (own === undefined) throw error;
      logger.warn({ anchor: anchor.name, why: String(error) }, 'an anchor could not say what it holds');
    }
  }
  return best;
}
