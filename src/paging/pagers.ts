import type { Clock } from '../ports/clock.ts';
import type { Pager } from '../ports/pager.ts';
import { pagerDuty } from './pagerduty.ts';
import { webhook } from './webhook.ts';

export interface PagerSettings {
  readonly pagerDuty?: { readonly routingKey: string; readonly url: string } | undefined;
  readonly webhook?: { readonly url: string; readonly secret: string } | undefined;
}

/** The pagers that are configured. None need be: the chat pages too. */
export const pagersOf = (settings: PagerSettings, clock: Clock): readonly Pager[] => [
  ...(settings.pagerDuty ? [pagerDuty(settings.pagerDuty)] : []),
  ...(settings.webhook ? [webhook({ ...settings.webhook, clock })] : []),
];
