import type { Party } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { Page } from '../../ports/pager.ts';
import type { Content } from '../words/content.ts';
import { oneLine } from '../words/phrase.ts';
import { manualEnding } from '../words/words.ts';
import { isNo, sendOnce } from './send.ts';
import { type ChatDeps, isOf, sendDeps } from './show.ts';

/**
 * Pages one person in one chat. About a request it is sent once a round, whoever tries and however often; about anything
 * else there is no row to remember it by, so a process that dies in between may say it twice. False when the chat has no
 * way to them.
 */
export async function pageOne(deps: ChatDeps, page: Page, person: Party, row: Row | undefined): Promise<boolean> {
  if (!isOf(deps, person)) return false;
  const content = pageContent(page, row);
  return row === undefined ? sendPlainly(deps, person, content) : sendForRow(deps, { page, person, row, content });
}

function pageContent({ summary, details, commands }: Page, row: Row | undefined): Content {
  return {
    kind: 'note',
    note: {
      said: ['🔴 ', { strong: oneLine(summary, 300) }, '. ', details.map((one) => oneLine(one, 400)).join(' ')],
      ...(commands.length > 0 ? { before: manualEnding(row?.request.details.terms.account), snippets: commands } : {}),
    },
  };
}

async function sendForRow(
  deps: ChatDeps,
  {
    page,
    person,
    row,
    content,
  }: { readonly page: Page; readonly person: Party; readonly row: Row; readonly content: Content },
): Promise<boolean> {
  const { id, digest } = row.request.details;
  const ref = await sendOnce(sendDeps(deps), {
    key: { requestId: id, chat: deps.chat.name, kind: 'note', seq: page.round, person: `${person.id}#page` },
    digest,
    version: row.version,
    // Found again by its tag: what is older than the round is not it.
    since: page.at,
    places: [() => deps.chat.direct(person)],
    tag: { type: 'note', of: { id: `${id}/page/${page.round}`, person: person.id } },
    content: () => content,
  });
  return ref !== undefined;
}

async function sendPlainly({ chat }: ChatDeps, person: Party, content: Content): Promise<boolean> {
  const place = await chat.direct(person);
  return place !== undefined && !isNo(await chat.send(place, content));
}
