import type { Caller } from '../../../src/chat/dialog/caller.ts';
import { type Dialog, dialog } from '../../../src/chat/dialog/dialog.ts';
import type { FormField, FormValues, FormView } from '../../../src/chat/dialog/form-view.ts';
import type { Press } from '../../../src/chat/dialog/press.ts';
import type { Reply } from '../../../src/chat/dialog/reply.ts';
import type { Submission } from '../../../src/chat/dialog/stored-form.ts';
import type { RequestChat } from '../../../src/chat/words/content.ts';
import { cloudTermsOf } from '../../../src/core/policy/cloud.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { Row } from '../../../src/core/request/work.ts';
import type { MessageAt } from '../../../src/ports/chat.ts';
import type { Desk } from '../../support/desk.ts';
import { type CastName, KEYS } from '../../support/requests.ts';

/** Where a card of a request stands, as the chat of these tests would say. */
const ROOM = 'ROOM';

/** The dialogs over a real store and broker, in a chat that nobody has: what is typed, pressed and sent goes in as data. */
export interface Talk {
  readonly dialog: Dialog;
  /** Requests whose cards were drawn anew. */
  readonly redrawn: string[];
  type(who: CastName, text: string, delivery?: string): Promise<Reply>;
  press(who: CastName, press: Press): Promise<Reply>;
  /** The form that a reply opens, filled in and sent. */
  send(who: CastName, form: FormView, values?: FormValues): Promise<Reply>;
  /** Keeps where a card of this request stands, and what it shows. */
  card(row: Row, message: string): Promise<Press>;
}

let typed = 0;

const untouched = (): never => {
  throw new Error('a dialog asked the platform for something');
};
/** A chat in which nothing is sent, and which cannot look for its messages. */
const ELSEWHERE: RequestChat = {
  name: 'slack',
  can: { search: false, privateInChannel: false },
  callMs: 0,
  send: untouched,
  edit: untouched,
  remove: untouched,
  find: untouched,
  look: untouched,
  direct: untouched,
  link: untouched,
  isDirect: ({ place }) => place !== ROOM,
};

/** Somebody whom the platform knows. */
export const someone = (who: CastName): Caller => ({
  chat: 'slack',
  key: async () => KEYS[who],
  keysToEnd: async () => [KEYS[who]],
  place: { chat: 'slack', place: ROOM },
});

/** Somebody of whom the platform does not say who it is: only what takes away may go on. */
export const unsaid = (...keys: Awaited<ReturnType<Caller['keysToEnd']>>): Caller => ({
  chat: 'slack',
  key: () => Promise.reject(new Error('the platform is down')),
  keysToEnd: async () => keys,
  place: undefined,
});

export function talkAt(desk: Desk): Talk {
  const redrawn: string[] = [];
  const ours = dialog({
    chat: ELSEWHERE,
    announce: {
      redraw: async ({ request }) => {
        redrawn.push(request.details.id);
      },
    },
    broker: desk.broker,
    store: desk.store,
    directory: desk.deps.directory,
    capabilities: (terms) => ({ ...cloudTermsOf(desk.deps.clouds, terms), caveats: ['What was started goes on.'] }),
    logger: desk.logger,
  });
  return {
    dialog: ours,
    redrawn,
    type: (who, text, delivery) => {
      typed += 1;
      return ours.command(someone(who), { text, delivery: delivery ?? `typed-${typed}` });
    },
    press: (who, press) => ours.press(someone(who), press),
    send: (who, form, values) => ours.submit(someone(who), sentOf(form, values)),
    card: async ({ request, version }, message) => {
      const key = { requestId: request.details.id, chat: 'slack', kind: 'card', seq: 0, person: '' } as const;
      const digest = digestShown(request);
      await desk.store.chat.claim(key, ROOM, digest);
      await desk.store.chat.sent(key, { place: ROOM, message, drawnVersion: version, digest });
      const at: MessageAt = { chat: 'slack', place: ROOM, message };
      return { action: 'approve', value: request.details.id, at, digest };
    },
  };
}

/** What comes back of a form: its id, the digest it showed, and what stands in its fields. */
export const sentOf = (form: FormView, values: FormValues = {}): Submission => {
  if (form.kind === 'page') throw new Error(`nothing can be sent: ${wordsIn(form)}`);
  const presets = fieldsOf(form).flatMap(({ field, preset }) => (preset === undefined ? [] : [[field, preset]]));
  const shown = form.blocks.flatMap((block) => ('words' in block ? (block.digest ?? []) : []));
  return {
    kind: form.kind,
    id: form.id,
    values: { ...Object.fromEntries(presets), ...values },
    digest: shown[0] ?? '',
  };
};

export const fieldsOf = ({ blocks }: FormView): readonly FormField[] =>
  blocks.filter((block): block is FormField => 'field' in block);

/** Everything a form says, as it comes. */
export const wordsIn = (form: FormView): string => JSON.stringify([form.title, form.blocks]);

/** The form that a reply opens. */
export function formIn(reply: Reply): FormView {
  if ('form' in reply) return reply.form;
  if ('update' in reply) return reply.update;
  throw new Error(`no form: ${JSON.stringify(reply)}`);
}
