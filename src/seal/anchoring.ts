import { withDeadline } from '../bounded.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';
import { type Anchor, AnchorDiffers } from './anchor.ts';
import type { SealKeys } from './keys.ts';
import { NotSigned, signedAfter } from './signed-after.ts';

/** A checkpoint that stands nowhere outside for this long is somebody's business, in milliseconds. */
export const SHOUT_AFTER_MS = 15 * 60_000;
const PAGE = 100;
const PUT_MS = 60_000;

/** One anchor's way after the log. */
export interface Anchoring {
  /** Puts whatever the anchor has not; one run at a time. Never rejects: it says so in the log, and the next run tries again. */
  run(): Promise<void>;
  /** Why the anchor holds another history than the database, once it was seen to; stays until this process ends. */
  readonly differs: string | undefined;
}

export interface AnchoringOptions {
  readonly ledger: Ledger;
  readonly anchor: Anchor;
  readonly keys: SealKeys;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

/**
 * Brings every checkpoint to one anchor, in order; what fails is tried again from where it stopped. Only what we signed:
 * an anchor forgets nothing, so that one forged row there would make every later proof fail.
 */
export function anchoring({ ledger, anchor, keys, logger, stopping }: AnchoringOptions): Anchoring {
  let current: Promise<void> | undefined;
  // Some settings can only be looked at when the place answers.
  let checked = false;
  // The newest that this process knows to be there.
  let brought: number | undefined;
  let differs: string | undefined;

  const behind = async (): Promise<number> => {
    const known = anchor.memory === undefined ? await ledger.anchored(anchor.name) : (await anchor.memory())?.number;
    if (known !== undefined) return known;
    return anchor.fromNewest ? ((await ledger.newest())?.header.number ?? 1) - 1 : 0;
  };

  /** What it is said to hold was signed here, and is there: a number set too high would stop everything in silence. */
  const agree = async (held: number): Promise<void> => {
    const newest = (await ledger.newest())?.header.number ?? 0;
    if (held > newest) {
      throw new AnchorDiffers(
        `the database ends at checkpoint ${newest}, and ${anchor.name} is said to hold ${held}: ` +
          'it was rolled back, or somebody changed its table anchor_progress',
      );
    }
    if (held > 0 && held !== brought && anchor.at !== undefined && (await anchor.at(held)) === undefined) {
      throw new AnchorDiffers(`${anchor.name} does not hold checkpoint ${held}, and the database says it does`);
    }
    brought = held;
  };

  const follow = async (): Promise<void> => {
    if (!checked) {
      const wrong = await anchor.check();
      if (wrong !== undefined) throw new Error(wrong);
      checked = true;
    }
    let held = await behind();
    await agree(held);
    const signed = await signedAfter(ledger, held, keys);
    for (let page = await ledger.after(held, PAGE); page.length > 0; page = await ledger.after(held, PAGE)) {
      for (const one of page) {
        const { header, hash, signature } = one;
        if (stopping.aborted || header.number > signed.upTo) return;
        const leaves = (await ledger.leaves(header.number)).map(({ stream, length, head }) => ({
          stream,
          length,
          head,
        }));
        const wrong = signed.problem(one, leaves);
        if (wrong !== undefined) throw new NotSigned(wrong);
        await anchor.put({ header, hash, signature, leaves }, withDeadline(PUT_MS, stopping));
        held = header.number;
        brought = held;
        await ledger.setAnchored(anchor.name, held);
      }
    }
  };

  const attempt = async (): Promise<void> => {
    try {
      // Two sealers do not post the same twice; a file is each one's own, and names itself by its place.
      await ledger.withLock(`anchor ${anchor.name}`, 0, follow);
    } catch (error) {
      if (!stopping.aborted) await say(error);
    }
  };

  const say = async (error: unknown): Promise<void> => {
    const fields = { anchor: anchor.name, why: String(error) };
    if (error instanceof AnchorDiffers) {
      differs = error.message;
      logger.error(
        fields,
        'an anchor holds another history than the database; keep both as they are and tell security',
      );
      return;
    }
    if (error instanceof NotSigned) {
      logger.error(
        { anchor: anchor.name, why: error.message },
        'a checkpoint in the database is not what was signed, and is brought to no anchor; keep the database as it is and tell security',
      );
      return;
    }
    const late = await lateness().catch(() => undefined);
    const message = 'an anchor did not take a checkpoint; it is tried again';
    if (late === undefined || late >= SHOUT_AFTER_MS) logger.error({ ...fields, lateMs: late }, message);
    else logger.warn({ ...fields, lateMs: late }, message);
  };

  /** How long the oldest checkpoint waits that the anchor has not. */
  const lateness = async (): Promise<number> => {
    const [oldest] = await ledger.after(await behind(), 1);
    return oldest === undefined ? 0 : (await ledger.now()).getTime() - Date.parse(oldest.header.at);
  };

  return {
    get differs() {
      return differs;
    },
    run: () => {
      current ??= attempt().finally(() => {
        current = undefined;
      });
      return current;
    },
  };
}
