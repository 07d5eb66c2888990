/** The text of a file, or why it is none: in words for the person who saved it, and in which line. */
export type Decoded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly line: number; readonly message: string };

const LINE_FEED = 0x0a;

/**
 * The text of a file that must be UTF-8. Nothing is replaced: a name in another encoding would come out garbled and
 * match nobody. One mark of the byte order at its beginning is dropped.
 * @see https://encoding.spec.whatwg.org/#utf-8-decode
 */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  const wide = utf16(bytes);
  if (wide !== undefined) return { ok: false, line: 1, message: `the file is ${wide}: save it as UTF-8` };
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, line: badLine(bytes), message: 'this line is not UTF-8: save the file as UTF-8' };
  }
}

/** UTF-16 begins with its mark; without one, every other byte of plain text is 0. */
function utf16(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'UTF-16 (little endian)';
  if (first === 0xfe && second === 0xff) return 'UTF-16 (big endian)';
  if (first !== 0 && second === 0) return 'UTF-16 (little endian)';
  if (first === 0 && second !== 0 && second !== undefined) return 'UTF-16 (big endian)';
  return undefined;
}

/** No character of UTF-8 spans the end of a line, so each line can be read by itself. */
function badLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf(LINE_FEED, from);
    const until = end === -1 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(from, until));
    } catch {
      return line;
    }
    from = until + 1;
  }
  return line;
}
