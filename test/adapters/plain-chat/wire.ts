import { createHmac, timingSafeEqual } from 'node:crypto';

/** Longest text of one message, in UTF-16 units. */
export const TEXT_MAX = 4_000;

/** How old a call to the app may be, in seconds. */
const AGE_MAX = 300;

/** Somebody said something where the app is. */
export interface Said {
  readonly kind: 'said';
  /** The house of whoever said it. */
  readonly house: string;
  readonly by: string;
  readonly room: string;
  readonly id: string;
  readonly text: string;
  /** The message that it answers. */
  readonly under?: string | undefined;
}

/** A member's account is another than before. */
export interface MemberChanged {
  readonly kind: 'member_changed';
  readonly house: string;
  readonly member: string;
}

export interface Member {
  readonly id: string;
  readonly house: string;
  readonly kind: 'member' | 'guest' | 'bot';
  readonly state: 'active' | 'disabled' | 'deleted';
}

/** The headers of a call to the app: when, and a signature over that and the body. */
export function signed(secret: string, body: string, at = Math.floor(Date.now() / 1000)): Record<string, string> {
  return { 'plain-time': String(at), 'plain-signature': signatureOf(secret, at, body) };
}

const signatureOf = (secret: string, at: number, body: string): string =>
  createHmac('sha256', secret).update(`${at}:${body}`).digest('hex');

/** Is this call the chat's own, and of now? */
export function isSigned(
  secret: string,
  body: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean {
  const at = Number(headers['plain-time']);
  if (!(Math.abs(Date.now() / 1000 - at) <= AGE_MAX)) return false;
  const own = Buffer.from(signatureOf(secret, at, body));
  const given = Buffer.from(String(headers['plain-signature']));
  return own.length === given.length && timingSafeEqual(own, given);
}
