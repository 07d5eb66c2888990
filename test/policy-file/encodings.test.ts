import fc from 'fast-check';
import { PRODUCTION_FLOORS } from '../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { decodeUtf8 } from '../../src/policy-file/decode.ts';
import { readPolicy } from '../../src/policy-file.ts';
import { edited, SMALL } from './small-policy.ts';

const read = (source: string | Uint8Array) => readPolicy(source, 'f.yaml', PRODUCTION_FLOORS, DEFINITIONS);
const errors = (source: string | Uint8Array) => {
  const found = read(source);
  return found.ok ? [] : found.problems.filter(({ severity }) => severity === 'error');
};
const named = edited('organisation: Acme', 'organisation: Zürich');
const lineOf = (text: string, words: string) => text.split('\n').findIndex((line) => line.includes(words)) + 1;

describe('the bytes of a policy file', () => {
  it('are UTF-8, with or without one mark of the byte order', () => {
    for (const bytes of [Buffer.from(named), Buffer.from(`\ufeff${named}`)]) {
      const found = read(bytes);
      expect(found.ok && found.policy.organisation).toBe('Zürich');
      expect(found.ok && found.text).toBe(named);
    }
  });

  it('are refused as Latin-1, at the line, instead of garbling a name', () => {
    expect(errors(Buffer.from(named, 'latin1'))).toMatchObject([
      { line: lineOf(named, 'Zürich'), message: 'this line is not UTF-8: save the file as UTF-8' },
    ]);
  });

  it.each([
    ['little endian, with its mark', Buffer.from(`\ufeff${named}`, 'utf16le'), 'UTF-16 (little endian)'],
    ['little endian, without a mark', Buffer.from(named, 'utf16le'), 'UTF-16 (little endian)'],
    ['big endian, with its mark', Buffer.from(`\ufeff${named}`, 'utf16le').swap16(), 'UTF-16 (big endian)'],
    ['big endian, without a mark', Buffer.from(named, 'utf16le').swap16(), 'UTF-16 (big endian)'],
  ])('are refused as UTF-16, %s, by name', (_how, bytes, name) => {
    expect(errors(bytes)).toMatchObject([{ line: 1, message: `the file is ${name}: save it as UTF-8` }]);
  });

  it('are read whole or not at all: nothing is ever replaced', () => {
    const latin = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(latin, (numbers) => {
        const bytes = Uint8Array.from(numbers);
        const decoded = decodeUtf8(bytes);
        if (decoded.ok) {
          const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
          expect(Buffer.from(decoded.text)).toEqual(Buffer.from(bytes.subarray(marked ? 3 : 0)));
        } else {
          expect(decoded.line).toBeLessThanOrEqual(Buffer.from(bytes).toString('latin1').split('\n').length);
        }
      }),
    );
  });
});

describe('a text that the database cannot hold', () => {
  it.each([
    ['NUL', 'phone: "\\u0000 49 30 1"'],
    ['NUL at the end', 'phone: "+49 30 1\\0"'],
    ['half of a surrogate pair', 'phone: "\\uD800 49"'],
    ['the other half', 'phone: "49 \\uDC00"'],
  ])('is an error at its line: %s', (_what, line) => {
    const text = edited('phone: "+49 30 1"', line);
    const found = errors(text);
    expect(found).toHaveLength(1);
    expect(found[0]?.line).toBe(lineOf(text, 'phone:'));
    expect(found[0]?.message).toContain('cannot be stored');
    expect(errors(Buffer.from(text))).toEqual(found);
  });

  it('is one in a key too, and deep inside', () => {
    const text = `${SMALL}unknown: { a: [1, { "b\\0": x }] }\n`;
    expect(errors(text).map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringContaining('cannot be stored')]),
    );
  });

  it('is none where a pair is whole', () => {
    expect(errors(edited('organisation: Acme', 'organisation: "\\uD83D\\uDE00 Acme"'))).toEqual([]);
  });
});
