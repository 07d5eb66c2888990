-- Who the chat said that we are, when it last said so: until it says so again, endings are heard by this.
CREATE TABLE "chat_identities" (
  "app" TEXT PRIMARY KEY,
  "team" TEXT NOT NULL,
  "enterprise" TEXT,
  "bot_user" TEXT NOT NULL,
  "bot" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp()
);

-- Since when the chat answers the sending of this message with what nobody knows the meaning of.
ALTER TABLE "messages" ADD COLUMN "unclear_since" TIMESTAMPTZ(3);
