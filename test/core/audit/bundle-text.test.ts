import fc from 'fast-check';
import { anchorText, checkpointsIn } from '../../../src/core/audit/anchor-text.ts';
import { readBundle } from '../../../src/core/audit/bundle.ts';
import { verifyBundle, type Witnesses } from '../../../src/core/audit/verify-bundle.ts';
import { canonical } from '../../../src/core/canonical.ts';
import { strictJson } from '../../../src/core/strict-json.ts';
import { cases } from '../../support/long.ts';
import { aKey, story } from './sealed-log.ts';

/** A bundle with two requests, a rotation of the key, and texts that need an escape; proven by key and anchors. */
async function honest() {
  const log = story().seal(aKey()).wait(60);
  log.write('request/R2', {
    type: 'alarm',
    data: { what: 'a "quoted"\nline, é and /', count: 12, more: { on: true } },
  });
  log.wait(10).seal();
  const trusted: Witnesses = { publicKey: log.checkpoints[0]?.publicKey, anchors: log.anchors() };
  return { text: await log.text(), trusted, log };
}

/** What is said against a file: why it is no bundle, what is broken, or what nobody can say. */
function against(file: string | Uint8Array, trusted: Witnesses): readonly string[] {
  const read = readBundle(Buffer.from(file));
  if (!read.ok) return [read.why];
  const { broken, unknown } = verifyBundle(read.bundle, trusted);
  return [...broken, ...unknown];
}

type Holder = Record<string, unknown> | unknown[];
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;
const holdersIn = (value: unknown): readonly Holder[] =>
  isHolder(value) ? [value, ...Object.values(value).flatMap(holdersIn)] : [];

/** Changes one object or list of the parsed bundle; false where that one cannot be changed so. */
type Edit = (holder: Holder, pick: number) => boolean;
const inList =
  (edit: (list: unknown[], at: number) => void): Edit =>
  (holder, pick) => {
    if (!Array.isArray(holder) || holder.length === 0) return false;
    edit(holder, pick % holder.length);
    return true;
  };
const inObject =
  (edit: (object: Record<string, unknown>, key: string) => void): Edit =>
  (holder, pick) => {
    const keys = Object.keys(holder);
    const key = keys[pick % Math.max(1, keys.length)];
    if (Array.isArray(holder) || key === undefined) return false;
    edit(holder, key);
    return true;
  };
/** A proof less of when a stream was seen proves less, and nothing that is not so: an event may be dated a minute wider. */
const isChanges = (holder: Holder): boolean =>
  Array.isArray(holder) && isHolder(holder[0]) && 'checkpoint' in holder[0] && 'proof' in holder[0];
const EDITS: Readonly<Record<string, Edit>> = {
  'a member taken out': inObject((object, key) => void Reflect.deleteProperty(object, key)),
  'a member put in': inObject((object, key) => void Object.assign(object, { [`${key}2`]: object[key] })),
  'a key renamed': inObject((object, key) => {
    const value = object[key];
    Reflect.deleteProperty(object, key);
    Object.assign(object, { [`x${key}`]: value });
  }),
  'an item taken out': (holder, pick) =>
    !isChanges(holder) && inList((list, at) => void list.splice(at, 1))(holder, pick),
  'an item doubled': inList((list, at) => void list.splice(at, 0, list[at])),
  'two items swapped': (holder, pick) => {
    if (!Array.isArray(holder) || holder.length < 2) return false;
    const at = pick % (holder.length - 1);
    holder.splice(at, 2, holder[at + 1], holder[at]);
    return true;
  },
};

describe('a bundle reads in one way only (E4)', () => {
  it('is proven as it was exported, with nothing said against it', async () => {
    const { text, trusted } = await honest();
    expect(against(text, trusted)).toEqual([]);
  });

  it('any byte changed, put in or taken out is found', async () => {
    const { text, trusted } = await honest();
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 1 }),
        fc.constantFrom('change', 'insert', 'remove', 'append'),
        fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from(' \n\t",:{}[]0123456789abcdefAQgw=-.eE\\'))),
        (at, what, byte) => {
          if (what === 'change' && bytes[at] === byte) return;
          const from = what === 'append' ? bytes.length : at;
          const rest = bytes.subarray(from + (what === 'change' || what === 'remove' ? 1 : 0));
          const put = what === 'remove' ? [] : [byte];
          const edited = Buffer.concat([bytes.subarray(0, from), Buffer.from(put), rest]);
          if (edited.equals(bytes)) return;
          expect(against(edited, trusted)).not.toEqual([]);
        },
      ),
      { numRuns: cases(600, 6000) },
    );
  });

  it('any key or item taken out, put in, renamed, doubled or moved is found, written canonically anew', async () => {
    const { text, trusted } = await honest();
    const places = holdersIn(JSON.parse(text)).length;
    fc.assert(
      fc.property(
        fc.nat({ max: places - 1 }),
        fc.constantFrom(...Object.keys(EDITS)),
        fc.nat(),
        (place, name, pick) => {
          const copy: unknown = JSON.parse(text);
          const holder = holdersIn(copy)[place];
          if (holder === undefined || !EDITS[name]?.(holder, pick)) return;
          const edited = canonical(copy);
          // Two equal items swapped, a member of nothing: the same bundle.
          if (edited === text) return;
          expect([name, against(edited, trusted)]).not.toEqual([name, []]);
        },
      ),
      { numRuns: cases(600, 6000) },
    );
  });

  it('any key that stands twice, and __proto__ at any depth, is refused by name', async () => {
    const { text, trusted } = await honest();
    const starts = [...text.matchAll(/\{"([^"]+)":/g)];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.constantFrom('twice', 'twice, escaped', '__proto__', '__proto__, escaped'),
        fc.constantFrom('1', '"x"', 'null', '{}', '[{"a":"}"}]'),
        (start, what, value) => {
          const [, first = ''] = start;
          const key = what.startsWith('twice') ? first : '__proto__';
          const escaped = `\\u${(key.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}${key.slice(1)}`;
          const put = `{"${what.endsWith('escaped') ? escaped : key}":${value},`;
          const edited = `${text.slice(0, start.index)}${put}${text.slice(start.index + 1)}`;
          const [why] = against(edited, trusted);
          expect(why).toMatch(
            key === '__proto__' ? /^the key "__proto__" stands in / : /^the key "\w+" stands twice in /,
          );
        },
      ),
      { numRuns: cases(300, 3000) },
    );
  });

  it.each<[what: string, edit: (text: string) => string | Uint8Array, why: RegExp]>([
    [
      'a key twice',
      (text) => text.replace('"type"', '"type":"request_denied","type"'),
      /"type" stands twice in streams\.0\.events\.0$/,
    ],
    ['a byte order mark', (text) => `\ufeff${text}`, /begins with a byte order mark/],
    ['a line end behind it', (text) => `${text}\n`, /canonical form/],
    ['white space', (text) => text.replace(',', ', '), /canonical form/],
    [
      'line ends of another system',
      (text) => text.replaceAll(',"', ',\r\n"'),
      /canonical form \(RFC 8785\) from character/,
    ],
    ['the same character as an escape', (text) => text.replace('é', '\\u00e9'), /canonical form/],
    ['a slash as an escape', (text) => text.replace('/', '\\/'), /canonical form/],
    ['1.0 for 1', (text) => text.replace(':1,', ':1.0,'), /canonical form/],
    ['1e0 for 1', (text) => text.replace(':1,', ':1e0,'), /canonical form/],
    ['-0 for 0', (text) => text.replace(':0,', ':-0,'), /canonical form/],
    ['a number that no double holds', (text) => text.replace(':12,', ':12.00000000000000000001,'), /canonical form/],
    [
      'bytes that are no UTF-8',
      (text) => Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xff])]),
      /not UTF-8/,
    ],
    ['half a surrogate pair', (text) => text.replace('é', '\\ud83d'), /half a surrogate pair/],
    ['a second document', (text) => `${text}${text}`, /no JSON/],
    ['lists without end', (text) => text.replace(':12,', `:${'['.repeat(101)}${']'.repeat(101)},`), /nested deeper/],
  ])('%s is refused, and said', async (_what, edit, why) => {
    const { text, trusted } = await honest();
    const edited = edit(text);
    expect(Buffer.from(edited).equals(Buffer.from(text))).toBe(false);
    expect(against(edited, trusted)).toEqual([expect.stringMatching(why)]);
  });

  it('no key besides those that signed is taken along, and none in another order', async () => {
    const { text, trusted } = await honest();
    const bundle = JSON.parse(text);
    for (const keys of [[...bundle.keys, aKey().publicKey], [...bundle.keys].reverse()]) {
      expect(against(canonical({ ...bundle, keys }), trusted)).toEqual([
        'the keys of the bundle are not those that signed its checkpoints',
      ]);
    }
  });
});

it('streams stand in the order in which the incident names them; what is missing is said once', async () => {
  const { text, trusted } = await honest();
  const bundle = JSON.parse(text);
  const [own, ...others] = bundle.streams;
  const said = (...streams: readonly unknown[]) => against(canonical({ ...bundle, streams }), trusted);
  expect(said(own, ...others)).toEqual([]);
  expect(said(own, ...others.reverse())).toEqual([
    'the streams are not in the order that incident/INC-1 names them in',
  ]);
  expect(said(own, others[0])).toEqual([expect.stringMatching(/^request\/\w+ was left out/)]);
  expect(said(own, others[0], others[0])).toContainEqual(expect.stringContaining('is here twice'));
});

describe('a checkpoint from outside reads in one way only', () => {
  it('any that is not as it was written counts for nothing', async () => {
    const { log } = await honest();
    const [first] = log.anchors();
    if (first === undefined) throw new Error('no anchor');
    const line = anchorText(first.checkpoint);
    expect(checkpointsIn(line)).toMatchObject({ checkpoints: [{ hash: first.checkpoint.hash }], damaged: 0 });
    for (const edited of [
      line.replace('"number":1', '"number":9,"number":1'),
      line.replace('"number":1', '"number":1.0'),
      line.replace('"number":1', '"__proto__":{},"number":1'),
      line.replace('"header":{', '"header":{"__proto__":"x",'),
    ]) {
      expect(edited).not.toBe(line);
      expect(checkpointsIn(edited)).toMatchObject({ checkpoints: [], damaged: 1 });
    }
  });
});

describe('JSON that reads in one way only', () => {
  it('is all JSON without a key twice: what is written of any value is read back', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.stringify(JSON.parse(text));
        // Of a random text a key may stand twice, or be __proto__; what is written of its value has the first no more.
        const read = strictJson(plain);
        if (plain.includes('"__proto__":')) return;
        expect(read).toEqual({ ok: true, value: JSON.parse(text) });
      }),
      { numRuns: cases(500, 5000) },
    );
  });

  it.each([
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', undefined],
    ['{"a":"{\\"a\\":1,\\"a\\":2}","b":"\\\\","c":",\\"c\\":"}', undefined],
    ['["a","a",{"a":"a"}]', undefined],
    ['{"a":[1,2,{"b":1,"b":2}]}', 'the key "b" stands twice in a.2'],
    ['{"a":1,"\\u0061":2}', 'the key "a" stands twice in its outermost object'],
    ['[[0,{"x":{"__proto__":1}}]]', 'the key "__proto__" stands in 0.1.x'],
    ['{"a":{},"b":[],"a":1}', 'the key "a" stands twice in its outermost object'],
    ['{"a":1', 'it is no JSON'],
  ])('%s', (text, why) => {
    const read = strictJson(text);
    expect(read.ok ? undefined : read.why).toBe(why);
  });
});
