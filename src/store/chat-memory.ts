import type { ChatMemory, Form, MessageKey, MessageRef } from '../ports/chat-memory.ts';
import type { Database } from './database.ts';
import type { Form as FormRecord, Message as MessageRecord } from './generated/client.ts';

/** What the chat must remember, beside the rows it shows. Every method may be called twice. */
export function chatMemory(database: Database): ChatMemory {
  return {
    refs: (requestId) =>
      database.read('read message references', async (prisma) => {
        const found = await prisma.message.findMany({
          where: { requestId },
          orderBy: [{ kind: 'asc' }, { seq: 'asc' }, { person: 'asc' }],
        });
        return found.map(refOf);
      }),
    claim: (key, channel, digest) =>
      database.write('reserve a message', async (prisma) => {
        const reserved = { ...keyOf(key), channel: channel ?? NOWHERE, digest, state: 'sending', drawnVersion: 0 };
        const { count } = await prisma.message.createMany({ data: [reserved], skipDuplicates: true });
        const unplaced = { ...keyOf(key), channel: NOWHERE, ts: null, state: 'sending' };
        const placed =
          count === 0 && channel !== undefined
            ? await prisma.message.updateMany({ where: unplaced, data: { channel } })
            : { count: 0 };
        const ref = await prisma.message.findUniqueOrThrow({ where: whereKey(key) });
        return { ref: refOf(ref), fresh: count + placed.count === 1 };
      }),
    sent: (key, { channel, ts, drawnVersion, digest = null }) =>
      database.write('note a message as sent', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "messages" SET "channel" = ${channel}, "ts" = ${ts}, "state" = 'sent', "why" = NULL, "unclear_since" = NULL,
            "drawn_version" = GREATEST("drawn_version", ${drawnVersion}::integer),
            "digest" = CASE WHEN "drawn_version" > ${drawnVersion}::integer THEN "digest"
              ELSE COALESCE(${digest}::text, "digest") END
          WHERE "request_id" = ${key.requestId} AND "kind" = ${key.kind} AND "seq" = ${key.seq}
            AND "person" = ${key.person} AND ("ts" IS NULL OR ("channel" = ${channel} AND "ts" = ${ts}))`;
      }),
    unclear: (key, at) =>
      database.write('note an unclear answer', async (prisma) => {
        await prisma.message.updateMany({ where: { ...keyOf(key), unclearSince: null }, data: { unclearSince: at } });
        const found = await prisma.message.findUnique({ where: whereKey(key) });
        return found?.unclearSince ?? at;
      }),
    release: (key) =>
      database.write('release a message', async (prisma) => {
        const unsent = { ...keyOf(key), ts: null, state: 'sending' };
        await prisma.message.updateMany({ where: unsent, data: { channel: NOWHERE } });
      }),
    gone: (key, why) =>
      database.write('note a message as gone', async (prisma) => {
        await prisma.message.updateMany({ where: keyOf(key), data: { state: 'gone', why } });
      }),
    cardAt: (channel, ts) =>
      database.raw.read('find a card', async (client) => {
        // On the driver: it stands between a person's click and what comes of it.
        const [found] = await client.$queryRaw<Omit<MessageRecord, 'why' | 'unclearSince'>[]>`
          SELECT "request_id" AS "requestId", "kind", "seq", "person", "channel", "ts", "state",
            "drawn_version" AS "drawnVersion", "digest"
          FROM "messages" WHERE "channel" = ${channel} AND "ts" = ${ts} AND "kind" IN ('card', 'copy') LIMIT 1`;
        return found && refOf(found);
      }),
    // Whatever order two workers come in, the counters only go forward, and never past the row.
    drawn: (requestId, version) =>
      database.write('note a card as drawn', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "requests" SET "drawn_version" = LEAST("version", GREATEST("drawn_version", ${version}::integer))
          WHERE "id" = ${requestId}`;
      }),
    posted: (requestId, seq) =>
      database.write('note events as told', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "requests" SET "posted_seq" = LEAST("seq", GREATEST("posted_seq", ${seq}::integer))
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
    identity: (app) =>
      database.read('read who the chat says we are', async (prisma) => {
        const found = await prisma.chatIdentity.findUnique({ where: { app } });
        if (found === null) return undefined;
        const { team, enterprise, botUser, bot } = found;
        return { team, enterprise: enterprise ?? undefined, botUser, bot };
      }),
    keepIdentity: (app, { team, enterprise = null, botUser, bot }) =>
      database.write('keep who the chat says we are', async (prisma) => {
        await prisma.$executeRaw`
          INSERT INTO "chat_identities" ("app", "team", "enterprise", "bot_user", "bot")
          VALUES (${app}, ${team}, ${enterprise}, ${botUser}, ${bot})
          ON CONFLICT ("app") DO UPDATE SET "team" = ${team}, "enterprise" = ${enterprise},
            "bot_user" = ${botUser}, "bot" = ${bot}, "at" = clock_timestamp()`;
      }),
  };
}

/** The channel of a message of which nobody knows yet where it would stand. No chat has one of this name. */
const NOWHERE = '?';

const keyOf = ({ requestId, kind, seq, person }: MessageKey) => ({ requestId, kind, seq, person });
const whereKey = (key: MessageKey) => ({ requestId_kind_seq_person: keyOf(key) });

// The tables' checks hold `kind` and `state` to the words of the port.
const refOf = (record: Omit<MessageRecord, 'why' | 'unclearSince'>): MessageRef => ({
  requestId: record.requestId,
  kind: record.kind as MessageRef['kind'],
  seq: record.seq,
  person: record.person,
  channel: record.channel,
  ts: record.ts ?? undefined,
  state: record.state as MessageRef['state'],
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
