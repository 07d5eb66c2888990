import { Failure } from '../../../core/failure.ts';
import { waitFor } from './attempt.ts';

/** Pauses between looks, in milliseconds: about eight seconds in all. IAM shows a change within a second or two. */
const PAUSES_MS: readonly number[] = [100, 200, 400, 800, 1600, 2400, 2400];

/**
 * Looks again until `look` returns something. Rejects with `READ_BACK_DIFFERS` when it never does (IAM is eventually
 * consistent, so that only means "not yet"), or with what `otherwise` returns.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
 */
export async function until<T>(
  what: string,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
  otherwise: () => unknown = () => new Failure('READ_BACK_DIFFERS', `${what}: the cloud does not show it yet`),
): Promise<T> {
  for (const pause of PAUSES_MS) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await waitFor(pause, what, signal);
  }
  const last = await look();
  if (last !== undefined) return last;
  throw otherwise();
}
