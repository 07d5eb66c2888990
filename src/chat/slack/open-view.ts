import type { ModalView } from '@slack/types';
import { Failure } from '../../core/failure.ts';
import { problemOf, refusalOf } from './web.ts';
import type { SlackWorkspace } from './workspace.ts';

/** Slack gives a trigger 3 seconds. https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses */
const TRIGGER_GONE: ReadonlySet<string> = new Set(['expired_trigger_id', 'trigger_expired', 'exchanged_trigger_id']);

/** Did Slack take longer with a click than it lets a form wait? */
export const isTriggerGone = (error: unknown): boolean => TRIGGER_GONE.has(refusalOf(error) ?? '');

/**
 * Opens a form. Nothing counts before it is sent, so a form that did not open left nothing undone: rejects with a
 * `Failure` that says so, or with Slack's own word where its trigger ran out.
 * https://docs.slack.dev/reference/methods/views.open
 */
export async function openView({ client }: SlackWorkspace, trigger: string, view: ModalView): Promise<void> {
  try {
    await client.views.open({ trigger_id: trigger, view });
  } catch (error) {
    if (isTriggerGone(error)) throw error;
    const problem = problemOf(error);
    const why = problem.kind === 'refused' ? problem.code : problem.kind === 'limited' ? 'ratelimited' : problem.why;
    throw new Failure('FORM_NOT_OPENED', `opening a form: ${why}`, { cause: error });
  }
}
