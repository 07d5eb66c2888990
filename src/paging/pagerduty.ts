import { cut } from '../core/cut.ts';
import type { Page, Pager } from '../ports/pager.ts';
import { send } from './send.ts';

export interface PagerDutySettings {
  /** "Integration key" of an Events API v2 integration: a secret. It goes into the body of each event and nowhere else. */
  readonly routingKey: string;
  /** `https://events.pagerduty.com`, or `https://events.eu.pagerduty.com` for accounts in the EU. */
  readonly url: string;
}

/** Longest summary, in characters; longer ones are cut by PagerDuty. */
const SUMMARY_MAX = 1024;

/** Old alerts that are resolved at once, so that a long night is called off in seconds. */
const AT_ONCE = 4;

/** Each round is an alert of its own: one that was acknowledged and still goes on must ring again. */
const dedupKey = (key: string, round: number): string => `${key}/${round}`;

/**
 * PagerDuty's Events API v2. 202: taken, and sent again with the same `dedup_key` it is the same alert; 400: refused as
 * written; 429 and 5xx: asked again later.
 * @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 * @see https://github.com/PagerDuty/api-schema/blob/main/reference/events-v2/openapiv3.json
 */
export function pagerDuty({ routingKey, url }: PagerDutySettings): Pager {
  const enqueue = (event: object, signal: AbortSignal): Promise<void> =>
    send(
      {
        to: 'PagerDuty',
        url: new URL('/v2/enqueue', url),
        body: JSON.stringify({ routing_key: routingKey, ...event }),
      },
      signal,
    );
  return {
    name: 'PagerDuty',
    page: async (page, signal) => {
      await enqueue(triggerOf(page), signal);
      // One alert is enough. One that is not taken back now is when it is over.
      if (page.round > 1) await enqueue(resolveOf(page.key, page.round - 1), signal).catch(() => undefined);
    },
    resolve: async ({ key, round, after }, signal, resolved) => {
      // The newest first: it is the one that rings.
      await enqueue(resolveOf(key, round), signal);
      for (let done = after; done < round - 1; ) {
        const next = Array.from({ length: Math.min(AT_ONCE, round - 1 - done) }, (_, index) => done + 1 + index);
        await Promise.all(next.map((number) => enqueue(resolveOf(key, number), signal)));
        done += next.length;
        resolved(done);
      }
    },
  };
}

const resolveOf = (key: string, round: number) => ({ event_action: 'resolve', dedup_key: dedupKey(key, round) });

const triggerOf = ({ key, round, summary, details, commands, at }: Page) => ({
  event_action: 'trigger',
  dedup_key: dedupKey(key, round),
  client: 'breakglass',
  payload: {
    summary: cut(summary, SUMMARY_MAX),
    source: `breakglass/${key}`,
    severity: 'critical',
    timestamp: at.toISOString(),
    class: 'break-glass access',
    custom_details: {
      round,
      ...Object.fromEntries(details.map((line, index) => [`detail ${index + 1}`, line])),
      ...(commands.length > 0 ? { 'end it by hand': commands.join('\n') } : {}),
    },
  },
});
