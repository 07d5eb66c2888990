import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What JSON can hold. Instants travel as ISO strings. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** RFC 8785 canonical JSON of a value; members that are undefined are left out. @see https://www.rfc-editor.org/rfc/rfc8785 */
export function canonical(value: unknown): string {
  const text = canonicalize(JSON.parse(JSON.stringify(value)));
  if (text === undefined) throw new Error('not representable as JSON');
  return text;
}

/** SHA-256 in lower-case hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** SHA-256 of the RFC 8785 form of a value, in lower-case hex. Throws where `canonical` does. */
export const digestOf = (value: unknown): string => sha256(canonical(value));
