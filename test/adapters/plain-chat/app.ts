import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Caller } from '../../../src/chat/dialog/caller.ts';
import { type Dialog, dialog } from '../../../src/chat/dialog/dialog.ts';
import type { Reply } from '../../../src/chat/dialog/reply.ts';
import { troubleWords } from '../../../src/chat/dialog/trouble.ts';
import type { RequestChat } from '../../../src/chat/words/content.ts';
import { STILL_WORKING } from '../../../src/chat/words/words.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import type { ChatApp, HearDeps } from '../../../src/open-chats.ts';
import { call, type PlainSettings, unexpected } from './api.ts';
import { PLAIN } from './definition.ts';
import { meantBy } from './read.ts';
import { replyText } from './render.ts';
import { isSigned, type MemberChanged, type Said } from './wire.ts';

/** Where the chat calls us. */
export const PLAIN_PATH = '/plain';

const BODY_MAX = 64 * 1024;
/** Whoever waits longer is told so. */
const PATIENCE_MS = 2_000;

/** Who the house says that we are. Rejects where it does not take us. */
export async function whoWeAre(settings: PlainSettings): Promise<void> {
  const answer = await call(settings, 'who', {});
  if (!answer.ok) throw unexpected('who', answer.why);
  if (answer.house !== settings.house) throw unexpected('who', 'another house');
}

/** Hears what people say in the plain chat, and answers each alone. */
export function plainApp(settings: PlainSettings, chat: RequestChat, deps: HearDeps): ChatApp {
  const dialogs = dialog({ ...deps, chat });
  const running = new Set<Promise<void>>();
  const hear = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const heard = body !== undefined && isSigned(settings.secret, body, request.headers) ? parsed(body) : undefined;
    // Acknowledged before anything is done: the chat waits for nobody.
    response.writeHead(heard === undefined ? 401 : 200).end();
    if (heard === undefined) return;
    const work = heard.kind === 'said' ? answered(settings, { chat, deps, dialogs }, heard) : dialogs.accountsChanged();
    running.add(work);
    await work.finally(() => running.delete(work));
  };
  return {
    routes: { [PLAIN_PATH]: (request, response) => void hear(request, response).catch(() => response.destroy()) },
    recall: async () => undefined,
    start: () => whoWeAre(settings),
    ready: async () => undefined,
    trouble: async () => undefined,
    stop: async () => {
      await Promise.allSettled(running);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_MAX) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed(body: string): Said | MemberChanged | undefined {
  const { kind, house, by, room, id, text, under, member } = Object(JSON.parse(body)) as Readonly<
    Record<string, unknown>
  >;
  if (kind === 'member_changed' && typeof house === 'string' && typeof member === 'string') {
    return { kind, house, member };
  }
  const words = [house, by, room, id, text];
  const isSaid = kind === 'said' && words.every((one) => typeof one === 'string');
  if (!isSaid || (under !== undefined && typeof under !== 'string')) return undefined;
  return { kind, house: String(house), by: String(by), room: String(room), id: String(id), text: String(text), under };
}

interface Answering {
  readonly chat: RequestChat;
  readonly deps: HearDeps;
  readonly dialogs: Dialog;
}

/** Does what was said and tells whoever said it what came of it, late where it takes long. Never rejects. */
async function answered(settings: PlainSettings, { chat, deps, dialogs }: Answering, said: Said): Promise<void> {
  const key: ChatKey = `${PLAIN}:${said.house}:${said.by}`;
  const caller: Caller = {
    chat: PLAIN,
    key: async () => key,
    keysToEnd: async () => [key],
    place: { chat: PLAIN, place: said.room },
  };
  const tell = async (text: string): Promise<void> => {
    try {
      const direct = await chat.direct({ keys: [key] });
      if (direct !== undefined) await call(settings, 'say', { room: direct.place, text });
    } catch (error) {
      deps.logger.error({ why: String(error) }, 'somebody could not be told what happened');
    }
  };
  const work = replied(dialogs, caller, said).then(
    (reply) => reply && replyText(reply, settings.house),
    (error: unknown) => troubleWords(deps, error),
  );
  const isLate = await Promise.race([work.then(() => false), wait(PATIENCE_MS, true, { ref: false })]);
  if (isLate) await tell(STILL_WORKING);
  const text = await work;
  if (text !== undefined) await tell(text);
}

async function replied(dialogs: Dialog, caller: Caller, said: Said): Promise<Reply | undefined> {
  const meant = meantBy(said);
  switch (meant?.kind) {
    case undefined:
      return undefined;
    case 'command':
      return dialogs.command(caller, { text: meant.text, delivery: `${PLAIN}/${said.room}/${said.id}` });
    case 'press':
      return dialogs.press(caller, meant.press);
    case 'change':
      return dialogs.change(caller, { ...meant.submission, changed: meant.changed });
    case 'submit':
      return dialogs.submit(caller, meant.submission);
  }
}
