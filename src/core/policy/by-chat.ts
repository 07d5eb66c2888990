import { z } from 'zod';
import type { ChatDefinition } from './chat-definition.ts';
import type { ChatIdentity, ChatName } from './directory.ts';
import type { PolicyParts } from './policy-parts.ts';

/** One chat's forms, or `stored`: those of a policy that was put in force, where any chat may be named. */
type Forms = Pick<ChatDefinition, 'identity' | 'channel'> | 'stored';

const chatName = z.string().regex(/^[a-z]+$/, 'must be the name of a chat');

/** One value for each chat that is named; the key of a chat that nobody defined is an error that names those there are. */
export function byChat<T>(
  chats: PolicyParts['chats'],
  formOf: (forms: Forms) => z.ZodType<T>,
): z.ZodType<Readonly<Record<ChatName, T>>> {
  if (chats === 'stored') return z.record(chatName, formOf('stored'));
  const members = chats.map((chat) => [chat.name, formOf(chat).optional()]);
  // Every member is optional, and one that is left out has no key: so whatever is there has a value.
  return z.strictObject(Object.fromEntries(members)) as z.ZodType<Readonly<Record<ChatName, T>>>;
}

/** One account in this chat: its user, and the organisation which the user is of. */
export const identityOf = (forms: Forms): z.ZodType<ChatIdentity> =>
  forms === 'stored' ? z.object({ user: z.string() }).catchall(z.string()) : forms.identity;

/** The id of a channel in this chat. */
export const channelId = (forms: Forms): z.ZodType<string> =>
  forms === 'stored' ? z.string() : z.string().regex(forms.channel.pattern, forms.channel.words);
