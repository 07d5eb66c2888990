import { createHmac } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';
import type { Pager } from '../ports/pager.ts';
import { send } from './send.ts';

export interface WebhookSettings {
  /** May hold a token of the receiver's: of it only the host is ever named. */
  readonly url: string;
  readonly secret: string;
  /** What a receiver compares its own clock with. */
  readonly clock: Clock;
}

/** Grows when a member changes its meaning; new members may come at any time. */
const VERSION = 1;

/**
 * The signature that a receiver computes too: HMAC-SHA256 over `<timestamp>.<body>`, in hex. With the time inside, an old
 * request cannot be sent again as a new one.
 */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/**
 * A signed webhook for any other pager (docs/operations.md says what a receiver does). `id` is the same whenever one
 * round is sent again, so that a receiver can tell.
 */
export function webhook({ url, secret, clock }: WebhookSettings): Pager {
  const post = async (
    content: { readonly id: string } & Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void> => {
    const body = JSON.stringify({ version: VERSION, ...content });
    const timestamp = String(Math.floor((await clock.now()).getTime() / 1000));
    const headers = {
      'x-breakglass-id': content.id,
      'x-breakglass-timestamp': timestamp,
      'x-breakglass-signature': signatureOf(secret, timestamp, body),
    };
    await send({ to: 'the paging webhook', url: new URL(url), body, headers }, signal);
  };
  return {
    name: 'webhook',
    page: ({ key, round, summary, details, commands, at }, signal) =>
      post(
        {
          id: `${key}/${round}`,
          type: 'page',
          key,
          round,
          severity: 'critical',
          summary,
          details,
          commands,
          at: at.toISOString(),
        },
        signal,
      ),
    resolve: ({ key, round }, signal) => post({ id: `${key}/${round}/over`, type: 'resolved', key, round }, signal),
  };
}
