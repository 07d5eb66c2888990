import type { z } from 'zod';
import type { ChatIdentity, ChatName } from './directory.ts';

/**
 * The pure half of a chat: what a policy, a directory and an incident may say of it. It reads no environment and calls
 * nobody, so that `lint` knows every chat there is, and a process knows those that it has no settings for.
 */
export interface ChatDefinition {
  /** Its key in `people[].chats` and `channels`, and the first part of every key of its accounts: `/^[a-z]+$/`. */
  readonly name: ChatName;
  /** What people call it. */
  readonly title: string;
  /** One entry of `people[].chats.<name>`: `user`, and one other member that names the organisation the user is of. */
  readonly identity: z.ZodType<ChatIdentity>;
  /** The form of a channel's id, and the sentence's end that says it: "must be …". */
  readonly channel: { readonly pattern: RegExp; readonly words: string };
  /** Can this version talk to it? Where it cannot, nobody asks or approves there, and lint says so. */
  readonly hasAdapter: boolean;
}
