import type { Row } from '../../core/work.ts';
import type { Announce } from '../../ports/announce.ts';
import { freezeNews } from '../freeze-words.ts';
import { drawAll } from './draw.ts';
import { tellOfFreeze } from './freeze.ts';
import { inviteAll } from './invite.ts';
import { pageOne } from './page.ts';
import { tellOfPolicy } from './policy.ts';
import { postAll } from './post.ts';
import type { ShowDeps } from './show.ts';
import { inert } from './text.ts';
import { chatFailure } from './web.ts';

export interface SlackAnnounce extends Announce {
  /** Draws every copy anew, whatever version it shows: for a reader who saw something old. */
  redraw(row: Row): Promise<void>;
}

/** Slack as the place where requests are shown. Knows only what is stored: no message text is ever read back. */
export function slackAnnounce(deps: ShowDeps): SlackAnnounce {
  return {
    draw: (row) => drawAll(deps, row),
    redraw: (row) => drawAll(deps, row, true),
    post: (row) => postAll(deps, row),
    invite: (row) => inviteAll(deps, row),
    account: (key) => deps.workspace.account(key),
    page: (page, person, row) => pageOne(deps, page, person, row),
    freeze: (place, event, current) => tellOfFreeze(deps, place, { text: freezeNews(event, current), at: event.at }),
    policy: (place, event) => tellOfPolicy(deps, place, event),
    alarm: (text) => alarm(deps, text),
  };
}

async function alarm({ workspace, store }: ShowDeps, text: string): Promise<void> {
  const inForce = await store.policyInForce();
  if (inForce === undefined) return;
  try {
    await workspace.client.chat.postMessage({ channel: inForce.policy.channels.security, text: `🔴 ${inert(text)}` });
  } catch (error) {
    throw chatFailure('telling the security channel', error);
  }
}
