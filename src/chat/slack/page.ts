import type { Party } from '../../core/request.ts';
import type { Row } from '../../core/work.ts';
import type { Page } from '../../ports/pager.ts';
import { oneLine } from '../phrase.ts';
import { endByHand } from '../words.ts';
import { directPlace } from './direct.ts';
import { isPlaceTrouble } from './final-answers.ts';
import { METADATA } from './ids.ts';
import { type Message, noteMessage } from './render.ts';
import { sendOnce } from './send.ts';
import { homes, type ShowDeps, sendDeps } from './show.ts';
import { chatFailure, refusalOf } from './web.ts';

/**
 * Pages one person. About a request it is sent once a round, whoever tries and however often; about anything else there
 * is no row to remember it by, so a process that dies in between may say it twice. False when Slack has no way to them.
 */
export async function pageOne(deps: ShowDeps, page: Page, person: Party, row: Row | undefined): Promise<boolean> {
  const message = noteMessage(
    {
      said: [
        '🔴 ',
        { strong: oneLine(page.summary, 300) },
        '. ',
        page.details.map((one) => oneLine(one, 400)).join(' '),
      ],
      ...(page.commands.length > 0
        ? { before: endByHand(row?.request.ask.terms.account), snippets: page.commands }
        : {}),
    },
    await homes(deps),
  );
  return row === undefined ? sendPlainly(deps, person, message) : sendForRow(deps, { page, person, row, message });
}

async function sendForRow(
  deps: ShowDeps,
  {
    page,
    person,
    row,
    message,
  }: { readonly page: Page; readonly person: Party; readonly row: Row; readonly message: Message },
): Promise<boolean> {
  const { id, digest } = row.request.ask;
  const ref = await sendOnce(sendDeps(deps), {
    key: { requestId: id, kind: 'note', seq: page.round, person: `${person.id}#page` },
    digest,
    version: row.version,
    // Found again by its mark: what is older than the round is not it.
    since: page.at,
    places: [() => directPlace(deps, person)],
    mark: { type: METADATA.note, payload: { id: `${id}/page/${page.round}`, person: person.id } },
    message: () => message,
  });
  return ref !== undefined;
}

async function sendPlainly(deps: ShowDeps, person: Party, { text, blocks }: Message): Promise<boolean> {
  const place = await directPlace(deps, person);
  if (place === undefined) return false;
  try {
    await deps.workspace.client.chat.postMessage({ channel: place.channel, text, blocks });
    return true;
  } catch (error) {
    if (isPlaceTrouble(refusalOf(error))) return false;
    throw chatFailure('paging somebody', error);
  }
}
