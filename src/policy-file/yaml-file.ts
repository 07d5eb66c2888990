import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { unstorableAt } from '../core/storable.ts';
import { decodeUtf8 } from './decode.ts';

export type Path = readonly (string | number)[];

/** A configuration far beyond any real one; what is longer is refused unread. */
export const POLICY_MAX_CHARACTERS = 5_000_000;

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

export interface YamlFile {
  /** The file's text; empty where it has none. */
  readonly text: string;
  /** What the file says, as plain values; undefined where it could not be read at all. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** The line of what stands at this path, or of the nearest thing above it that exists. Counts from 1. */
  readonly lineOf: (path: Path) => number;
}

/**
 * Reads one YAML 1.2 document and remembers where everything stands. What is not UTF-8, duplicate keys, unknown tags,
 * several documents, aliases that expand without measure, and characters that the database cannot hold are problems;
 * none of them throws.
 * @see https://eemeli.org/yaml/#data-schemas
 */
export function readYaml(source: string | Uint8Array): YamlFile {
  const unreadable = (message: string, line = 1): YamlFile => ({
    text: '',
    value: undefined,
    problems: [{ line, message }],
    lineOf: () => 1,
  });
  const decoded = typeof source === 'string' ? ({ ok: true, text: source } as const) : decodeUtf8(source);
  if (!decoded.ok) return unreadable(decoded.message, decoded.line);
  const { text } = decoded;
  if (text.length > POLICY_MAX_CHARACTERS) {
    return unreadable(`the file is longer than ${POLICY_MAX_CHARACTERS} characters: split what does not belong here`);
  }
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  } catch {
    // The parser recurses: a file nested thousands deep runs out of stack instead of reporting an error.
    return unreadable('the file cannot be read as YAML: it is nested too deeply');
  }
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const problems = firstOfEachLine(
    [...document.errors, ...document.warnings].map((error) => ({
      line: lineAt(error.pos[0]),
      message: yamlWords(error),
    })),
  );
  const lineOf = (path: Path): number => lineAt(offsetOf(document, path));
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { text, value: undefined, problems, lineOf };
  if (document.contents === null) return { text, value: undefined, problems: [emptyFile], lineOf };
  try {
    const value: unknown = document.toJS();
    const unstorable = unstorableAt(value);
    if (unstorable === undefined) return { text, value, problems, lineOf };
    return { text, value, problems: [...problems, { line: lineOf(unstorable), message: unstorableWords }], lineOf };
  } catch (error) {
    return { text, value: undefined, problems: [...problems, aliasProblem(document, error, lineAt)], lineOf };
  }
}

/** Reading values fails only at an alias: one that names nothing, or many that name each other. */
function aliasProblem(document: Document.Parsed, error: unknown, lineAt: (offset: number) => number): YamlProblem {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_key, alias) => void aliases.push(alias) });
  const unresolved = aliases.find((alias) => alias.resolve(document) === undefined);
  const line = lineAt((unresolved ?? aliases[0])?.range?.[0] ?? 0);
  if (unresolved !== undefined)
    return { line, message: `*${unresolved.source} names nothing: define it, or quote the text` };
  if (aliases.length > 0)
    return { line, message: 'aliases (*name) expand to more than can be read: write the values out' };
  return { line, message: `not readable as YAML: ${error instanceof Error ? error.name : 'unknown fault'}` };
}

/** One slip makes the parser complain several times about the same line; the first complaint is the one that helps. */
const firstOfEachLine = (problems: readonly YamlProblem[]): readonly YamlProblem[] =>
  problems.filter(({ line }, index) => problems.findIndex((other) => other.line === line) === index);

const unstorableWords =
  'a text here holds a character that cannot be stored (NUL, or half of a surrogate pair): take it out';

const emptyFile = { line: 1, message: 'the file is empty: start from breakglass.example.yaml' };

function yamlWords({ code, message }: YAMLError): string {
  const said = message.split('\n')[0] ?? message;
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice: keep one of them';
  if (code === 'MULTIPLE_DOCS') return 'the file holds several documents (---): keep one';
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: use spaces';
  return `not readable as YAML (${said.replace(/[.:]$/, '')}): correct it here or on the line above`;
}

/** Where the last part of the path that exists begins: the key of a member, the start of an item. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    // What an alias stands for is written elsewhere; the line that uses it is the one to correct.
    if (isAlias(node)) break;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step];
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset;
}
