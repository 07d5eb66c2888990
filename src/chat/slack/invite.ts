import { Failure } from '../../core/failure.ts';
import type { Row } from '../../core/work.ts';
import type { Announce } from '../../ports/announce.ts';
import { cardFor, copyFor } from './draw.ts';
import type { Message } from './render.ts';
import type { ShowDeps } from './show.ts';

/** Sends each invited approver the card, each by itself and all at once: one that fails stops nobody else. */
export async function inviteAll(deps: ShowDeps, row: Row): ReturnType<Announce['invite']> {
  const message = await cardFor(deps, row);
  const tried = await Promise.all(
    row.request.ask.invite.map(async (id) => {
      try {
        return { id, ok: await twice(() => inviteOne(deps, row, id, message)) };
      } catch (error) {
        deps.logger.warn(
          { requestId: row.request.ask.id, person: id, why: String(error) },
          'an approver was not reached',
        );
        return { id, ok: false };
      }
    }),
  );
  const ids = (ok: boolean) => tried.filter((one) => one.ok === ok).map(({ id }) => id);
  return { reached: ids(true), missed: ids(false) };
}

/** An unknown outcome is looked into once more here: whoever counts as missed is somebody that has to be phoned. */
async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Failure && error.retry)) throw error;
    return attempt();
  }
}

/** Their own copy of the card, kept up to date like every other. False when Slack has no way to them. */
export const inviteOne = async (deps: ShowDeps, row: Row, id: string, message: Message): Promise<boolean> =>
  (await copyFor(deps, row, id, message)) !== undefined;
