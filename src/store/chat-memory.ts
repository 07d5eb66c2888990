import type { ChatMemory, Form, MessageKey, MessageRef, OwnIdentity } from '../ports/chat-memory.ts';
import type { Database } from './database.ts';
import type { Form as FormRecord, Message as MessageRecord } from './generated/client.ts';

/** What the chat must remember, beside the rows it shows. Every method may be called twice. */
export function chatMemory(database: Database): ChatMemory {
  return {
    refs: (requestId, chat) =>
      database.read('read message references', async (prisma) => {
        const found = await prisma.message.findMany({
          where: { requestId, ...(chat === undefined ? {} : { chat }) },
          orderBy: [{ chat: 'asc' }, { kind: 'asc' }, { seq: 'asc' }, { person: 'asc' }],
        });
        return found.map(refOf);
      }),
    claim: (key, place, digest) =>
      database.write('reserve a message', async (prisma) => {
        const reserved = {
          ...keyOf(key),
          place: place ?? NOWHERE,
          digest,
          state: 'sending',
          drawnVersion: 0,
          tries: 1,
        };
        const { count } = await prisma.message.createMany({ data: [reserved], skipDuplicates: true });
        const unplaced = { ...keyOf(key), place: NOWHERE, message: null, state: 'sending' };
        const placed =
          count === 0 && place !== undefined
            ? await prisma.message.updateMany({ where: unplaced, data: { place, tries: { increment: 1 } } })
            : { count: 0 };
        const ref = await prisma.message.findUniqueOrThrow({ where: whereKey(key) });
        return { ref: refOf(ref), fresh: count + placed.count === 1 };
      }),
    sent: (key, { place, message, drawnVersion, digest = null }) =>
      database.write('note a message as sent', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "messages" SET "place" = ${place}, "message" = ${message}, "state" = 'sent', "why" = NULL, "unclear_since" = NULL,
            "drawn_version" = GREATEST("drawn_version", ${drawnVersion}::integer),
            "digest" = CASE WHEN "drawn_version" > ${drawnVersion}::integer THEN "digest"
              ELSE COALESCE(${digest}::text, "digest") END
          WHERE "request_id" = ${key.requestId} AND "chat" = ${key.chat} AND "kind" = ${key.kind} AND "seq" = ${key.seq}
            AND "person" = ${key.person}
            AND ("message" IS NULL OR ("place" = ${place} AND "message" = ${message}))`;
      }),
    unclear: (key, at) =>
      database.write('note an unclear answer', async (prisma) => {
        await prisma.message.updateMany({ where: { ...keyOf(key), unclearSince: null }, data: { unclearSince: at } });
        const found = await prisma.message.findUnique({ where: whereKey(key) });
        return found?.unclearSince ?? at;
      }),
    release: (key) =>
      database.write('release a message', async (prisma) => {
        const unsent = { ...keyOf(key), message: null, state: 'sending' };
        await prisma.message.updateMany({ where: unsent, data: { place: NOWHERE } });
      }),
    gone: (key, why) =>
      database.write('note a message as gone', async (prisma) => {
        await prisma.message.updateMany({ where: keyOf(key), data: { state: 'gone', why } });
      }),
    cardAt: ({ chat, place, message }) =>
      database.raw.read('find a card', async (client) => {
        // On the driver: it stands between a person's click and what comes of it.
        const [found] = await client.$queryRaw<Omit<MessageRecord, 'why' | 'unclearSince'>[]>`
          SELECT "request_id" AS "requestId", "chat", "kind", "seq", "person", "place", "message", "state", "tries",
            "drawn_version" AS "drawnVersion", "digest"
          FROM "messages"
          WHERE "chat" = ${chat} AND "place" = ${place} AND "message" = ${message} AND "kind" IN ('card', 'copy') LIMIT 1`;
        return found && refOf(found);
      }),
    isNoted: ({ chat, place, message }) =>
      database.read('look for a message', async (prisma) => {
        return (await prisma.message.findFirst({ where: { chat, place, message }, select: { kind: true } })) !== null;
      }),
    // Whatever order two workers come in, the counters only go forward, and never past the row.
    drawn: (requestId, chat, version) =>
      database.write('note a card as drawn', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "requests" SET "drawn_version" = "chats_least"("chats_noted"("chats", ${chat}, 'drawnVersion', LEAST("version", ${version}::integer)), 'drawnVersion'),
            "chats" = "chats_noted"("chats", ${chat}, 'drawnVersion', LEAST("version", ${version}::integer))
          WHERE "id" = ${requestId}`;
      }),
    posted: (requestId, chat, seq) =>
      database.write('note events as told', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "requests" SET "posted_seq" = "chats_least"("chats_noted"("chats", ${chat}, 'postedSeq', LEAST("seq", ${seq}::integer)), 'postedSeq'),
            "chats" = "chats_noted"("chats", ${chat}, 'postedSeq', LEAST("seq", ${seq}::integer))
          WHERE "id" = ${requestId}`;
      }),
    openForm: ({ id, kind, key, requestId, digest, channel }) =>
      database.raw.write('open a form', async (client) => {
        // On the driver: it stands between a person's /breakglass and the form.
        await client.$queryRaw`
          INSERT INTO "forms" ("id", "kind", "key", "request_id", "digest", "channel")
          VALUES (${id}, ${kind}, ${key}, ${requestId}, ${digest}, ${channel}) ON CONFLICT DO NOTHING`;
      }),
    form: (id) =>
      database.read('read a form', async (prisma) => {
        const found = await prisma.form.findUnique({ where: { id } });
        return found === null ? undefined : formOf(found);
      }),
    useForm: (id) =>
      database.write('use a form', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "forms" SET "used_at" = COALESCE("used_at", clock_timestamp()) WHERE "id" = ${id}`;
      }),
    identity: (chat, app) =>
      database.read('read who the chat says we are', async (prisma) => {
        const found = await prisma.chatIdentity.findUnique({ where: { chat_app: { chat, app } } });
        // The table's check holds it to texts by name.
        return found === null ? undefined : (found.identity as OwnIdentity);
      }),
    keepIdentity: (chat, app, identity) =>
      database.write('keep who the chat says we are', async (prisma) => {
        const document = JSON.stringify(identity);
        await prisma.$executeRaw`
          INSERT INTO "chat_identities" ("chat", "app", "identity") VALUES (${chat}, ${app}, ${document}::jsonb)
          ON CONFLICT ("chat", "app") DO UPDATE SET "identity" = ${document}::jsonb, "at" = clock_timestamp()`;
      }),
  };
}

/** The place of a message of which nobody knows yet where it would stand. No chat has one of this name. */
const NOWHERE = '?';

const keyOf = ({ requestId, chat, kind, seq, person }: MessageKey) => ({ requestId, chat, kind, seq, person });
const whereKey = (key: MessageKey) => ({ requestId_chat_kind_seq_person: keyOf(key) });

// The tables' checks hold `kind` and `state` to the words of the port.
const refOf = (record: Omit<MessageRecord, 'why' | 'unclearSince'>): MessageRef => ({
  requestId: record.requestId,
  chat: record.chat,
  kind: record.kind as MessageRef['kind'],
  seq: record.seq,
  person: record.person,
  place: record.place,
  message: record.message ?? undefined,
  state: record.state as MessageRef['state'],
  tries: record.tries,
  drawnVersion: record.drawnVersion,
  digest: record.digest,
});

const formOf = ({ id, kind, key, requestId, digest, channel, usedAt }: FormRecord): Form => ({
  id,
  kind: kind as Form['kind'],
  key,
  requestId,
  digest,
  channel,
  usedAt: usedAt ?? undefined,
});
