import type { BlockAction, RespondFn, ViewSubmitAction } from '@slack/bolt';
import { Failure } from '../../core/failure.ts';
import type { ChatKey } from '../../core/policy/directory.ts';
import type { Actor } from '../../core/request/command.ts';
import type { Changed } from '../../ports/store.ts';
import { DONE, STILL_WORKING, TRIGGER_EXPIRED, UNEXPECTED } from '../words/words.ts';
import type { AppDeps } from './app-deps.ts';
import { directWith } from './chat.ts';
import { isTriggerGone } from './open-view.ts';
import { type Said, sayMessage } from './render.ts';
import { endingKeys, type Sender } from './workspace.ts';

type PersonActor = Extract<Actor, { type: 'person' }>;

/** How to answer somebody alone. */
export interface Reader {
  /** Says something to this person only. Never rejects: what cannot be said is logged. */
  readonly notify: (said: string | Said) => Promise<void>;
}

/** Who clicked or typed, from the verified payload, and how to answer them alone. */
export interface Caller extends Reader {
  readonly user: string;
  readonly key: ChatKey;
  readonly actor: PersonActor;
}

/** What a verified payload says of the person, and where an answer may go. */
export interface Origin extends Sender {
  readonly respond?: RespondFn | undefined;
  readonly channel?: string | undefined;
}

/** Where a click or a form says that it comes from. An organisation's payload names no workspace, but the organisation. */
export const originOf = (
  { user, team, enterprise }: Pick<BlockAction | ViewSubmitAction, 'user' | 'team' | 'enterprise'>,
  respond?: RespondFn,
): Origin => ({ user: user.id, team: user.team_id, place: (team ?? enterprise)?.id ?? 'nowhere', respond });

/** How to answer whoever a payload comes from; known without asking anybody. */
export const readerOf = (deps: AppDeps, origin: Origin): Reader => ({ notify: (said) => notify(deps, origin, said) });

/** Rejects with `SENDER_UNKNOWN` where somebody of another workspace must be looked up and Slack does not say. */
export async function callerOf(deps: AppDeps, origin: Origin): Promise<Caller> {
  const key = await deps.workspace.keyOf(origin).catch((error: unknown) => {
    throw new Failure('SENDER_UNKNOWN', error instanceof Error ? error.message : String(error), { cause: error });
  });
  return { user: origin.user, key, actor: { type: 'person', key }, ...readerOf(deps, origin) };
}

/** Runs what was acknowledged already, for the person of the payload, as {@link guarded} does. */
export const guardedFor = (
  deps: AppDeps,
  origin: Origin,
  work: (caller: Caller) => Promise<string | Said | undefined>,
): Promise<void> => guarded(deps, readerOf(deps, origin), async () => work(await callerOf(deps, origin)));

/** The keys under which the person of the payload may end something, without a question to Slack once we know who we are. */
export const keysToEnd = async ({ workspace }: AppDeps, origin: Origin): Promise<readonly [ChatKey, ...ChatKey[]]> =>
  endingKeys(workspace.known() ?? (await workspace.home()), origin);

/**
 * Takes something away for the person of the payload, asking Slack nothing: by what it said of us at this start or an
 * earlier one, under each key that may be theirs until one may do it.
 */
export async function endedBy(
  deps: AppDeps,
  origin: Origin,
  end: (actor: PersonActor) => Promise<Changed>,
): Promise<Changed> {
  const [first, ...others] = await keysToEnd(deps, origin);
  let changed = await end({ type: 'person', key: first });
  for (const key of others) {
    if (changed.ok || changed.refusal.code !== 'not_yours') break;
    changed = await end({ type: 'person', key });
  }
  return changed;
}

/** Privately where they are, else as a direct message. */
async function notify(deps: AppDeps, { user, respond, channel }: Origin, said: string | Said): Promise<void> {
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
    const direct = await directWith(deps.workspace, deps.logger, user);
    if (direct) await deps.workspace.client.chat.postMessage({ channel: direct.place, ...message });
  } catch (error) {
    deps.logger.error({ why: String(error) }, 'somebody could not be told what happened');
  }
}

/** What to tell somebody when their click ended in an error. Only `say` of a failure is for their eyes. */
export function troubleWords(deps: Pick<AppDeps, 'logger'>, error: unknown): string {
  if (isTriggerGone(error)) return TRIGGER_EXPIRED;
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
  reader: Reader,
  work: () => Promise<string | Said | undefined>,
): Promise<void> {
  const result = work().catch((error: unknown) => troubleWords(deps, error));
  const late = (await inTime(result, deps.answerMs)) === LATE;
  if (late) await reader.notify(STILL_WORKING);
  const said = (await result) ?? (late ? DONE : undefined);
  if (said !== undefined) await reader.notify(said);
}
