import type { Party } from '../../core/request.ts';
import type { Place } from './find.ts';
import { homes, type ShowDeps } from './show.ts';
import { keyAt, userOf } from './text.ts';
import { chatFailure, refusalOf, UnclearAnswer } from './web.ts';

/** The direct message channel with somebody, or undefined when Slack has none to give: unknown, deactivated, a bot. */
export async function directPlace(deps: ShowDeps, { keys }: Pick<Party, 'keys'>): Promise<Place | undefined> {
  const key = keyAt(keys, await homes(deps));
  return key && directWith(deps, userOf(key));
}

/** The same by Slack's user id. Rejects with `Failure` when Slack is away. */
export async function directWith(
  { workspace, logger }: Pick<ShowDeps, 'workspace' | 'logger'>,
  user: string,
): Promise<Place | undefined> {
  try {
    const { channel } = await workspace.client.conversations.open({ users: user });
    if (!channel?.id) throw new UnclearAnswer('conversations.open', 'a yes without a channel');
    return { channel: channel.id };
  } catch (error) {
    const code = refusalOf(error);
    if (code === undefined) throw chatFailure('opening a direct message', error);
    logger.warn({ why: code }, 'somebody cannot be written to');
    return undefined;
  }
}
