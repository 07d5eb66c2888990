import { Failure } from '../../core/failure.ts';
import type { Row } from '../../core/request/work.ts';
import type { Content } from '../words/content.ts';
import { cardFor, copyFor } from './draw.ts';
import type { ShowDeps } from './show.ts';

/** Sends each invited approver the card in one chat, each by itself and all at once: one that fails stops nobody else. */
export async function inviteAll(deps: ShowDeps, row: Row): Promise<ReadonlySet<string>> {
  const card = await cardFor(deps, row);
  const tried = await Promise.all(
    row.request.details.invite.map(async (id) => {
      try {
        return (await twice(() => inviteOne(deps, row, id, card))) ? [id] : [];
      } catch (error) {
        deps.logger.warn(
          { requestId: row.request.details.id, chat: deps.chat.name, person: id, why: String(error) },
          'an approver was not reached',
        );
        return [];
      }
    }),
  );
  return new Set(tried.flat());
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

/** Their own copy of the card, kept up to date like every other. False when the chat has no way to them. */
export const inviteOne = async (deps: ShowDeps, row: Row, id: string, card: Content): Promise<boolean> =>
  (await copyFor(deps, row, id, card)) !== undefined;
