import type { RespondFn } from '@slack/bolt';
import type { Actor } from '../../core/command.ts';
import type { ChatKey } from '../../core/directory.ts';
import { Failure } from '../../core/failure.ts';
import { DONE, STILL_WORKING, TRIGGER_EXPIRED, UNEXPECTED } from '../words.ts';
import type { AppDeps } from './app-deps.ts';
import { directWith } from './direct.ts';
import { type Said, sayMessage } from './render.ts';
import { refusalOf } from './web.ts';
import { chatKey } from './workspace.ts';

/** Who clicked or typed, from the verified payload, and how to answer them alone. */
export interface Caller {
  readonly user: string;
  readonly key: ChatKey;
  readonly actor: Extract<Actor, { type: 'person' }>;
  /** Says something to this person only. Never rejects: what cannot be said is logged. */
  readonly tell: (said: string | Said) => Promise<void>;
}

/** What a verified payload says of the person, and where an answer may go. */
export interface Origin {
  readonly user: string;
  readonly team: string | undefined;
  readonly respond?: RespondFn | undefined;
  readonly channel?: string | undefined;
}

export async function callerOf(deps: AppDeps, origin: Origin): Promise<Caller> {
  const key = chatKey(await deps.workspace.home(), origin.team, origin.user);
  return { user: origin.user, key, actor: { type: 'person', key }, tell: (said) => tell(deps, origin, said) };
}

/** Privately where they are, else as a direct message. */
async function tell(deps: AppDeps, { user, respond, channel }: Origin, said: string | Said): Promise<void> {
  const message = typeof said === 'string' ? sayMessage(said) : sayMessage(said.text, said.button);
  try {
    if (respond) {
      await respond({ ...message, response_type: 'ephemeral', replace_original: false });
      return;
    }
    if (channel?.match(/^[CG]/)) {
      await deps.workspace.client.chat.postEphemeral({ channel, user, ...message });
      return;
    }
  } catch (error) {
    deps.logger.warn({ why: String(error) }, 'a private answer did not arrive; trying a direct message');
  }
  try {
    const direct = await directWith(deps, user);
    if (direct) await deps.workspace.client.chat.postMessage({ channel: direct.channel, ...message });
  } catch (error) {
    deps.logger.error({ why: String(error) }, 'somebody could not be told what happened');
  }
}

/** Slack gives a trigger 3 seconds. https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses */
const TRIGGER_GONE: ReadonlySet<string> = new Set(['expired_trigger_id', 'trigger_expired', 'exchanged_trigger_id']);

/** What to tell somebody when their click ended in an error. Only `say` of a failure is for their eyes. */
export function troubleWords(deps: Pick<AppDeps, 'logger'>, error: unknown): string {
  if (TRIGGER_GONE.has(refusalOf(error) ?? '')) return TRIGGER_EXPIRED;
  if (error instanceof Failure) {
    deps.logger.warn({ code: error.code, why: error.message }, 'a click or command failed');
    return error.say;
  }
  deps.logger.error({ why: String(error) }, 'a click or command broke');
  return UNEXPECTED;
}

/** Slack waits 3 s for an answer; what is not known by then is answered later. */
export const ANSWER_MS = 2300;
export const LATE = Symbol('late');

/** The work's result, or `LATE` when it takes longer than Slack waits. The work goes on either way. */
export async function inTime<T>(work: Promise<T>, ms = ANSWER_MS): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs what was acknowledged already and tells this person alone what it answers, if anything. A slow one is announced
 * and then always answered; a broken one is told in words. Never rejects.
 */
export async function guarded(
  deps: AppDeps,
  caller: Caller,
  work: () => Promise<string | Said | undefined>,
): Promise<void> {
  const result = work().catch((error: unknown) => troubleWords(deps, error));
  const late = (await inTime(result, deps.answerMs)) === LATE;
  if (late) await caller.tell(STILL_WORKING);
  const said = (await result) ?? (late ? DONE : undefined);
  if (said !== undefined) await caller.tell(said);
}
