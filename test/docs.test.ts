import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLOSED_TRUST, documentText, REVOKED_DOCUMENT } from '../src/clouds/aws/policy/documents.ts';
import { FAILURES } from '../src/core/failure.ts';
import { REFUSAL_CODES } from '../src/core/request/refusal.ts';

const read = (file: string): string => readFileSync(file, 'utf8');
const readme = read('README.md');

/** The cells of every row of a page's tables that begins with a code. */
const codeRows = (page: string): readonly (readonly string[])[] =>
  page.split('\n').flatMap((line) => (/^\| `\w+` \|/.test(line) ? [line.split('|').map((cell) => cell.trim())] : []));

describe('docs/errors.md', () => {
  const rows = codeRows(read('docs/errors.md'));
  const named = rows.map(([, code = '']) => code.replaceAll('`', ''));

  it('says of every refusal and every failure what happened and what to do, and of no other', () => {
    expect([...named].sort()).toEqual([...REFUSAL_CODES, ...Object.keys(FAILURES)].sort());
    expect(rows.filter((cells) => cells.slice(1, -1).some((cell) => cell === ''))).toEqual([]);
  });

  it('says truly which failures are tried again', () => {
    const said = rows.flatMap(([, code = '', again]) =>
      again === 'yes' || again === 'no' ? [[code.replaceAll('`', ''), again === 'yes'] as const] : [],
    );
    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries(Object.entries(FAILURES).map(([code, { retry }]) => [code, retry])),
    );
  });
});

describe('docs/operations.md', () => {
  const page = read('docs/operations.md');

  it('quotes only log lines that the product writes', () => {
    const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('store/generated'))
      .map((file) => read(`src/${file}`))
      .join('\n');
    const quoted = [...page.matchAll(/^\| (?:error|warn) \| `([^`]+)` \|/gm)].map(([, line = '']) => line);
    expect(quoted.length).toBeGreaterThan(0);
    expect(quoted.filter((line) => !source.includes(line))).toEqual([]);
  });

  it('ends by hand with the very documents that the worker writes', () => {
    const documents = [...page.matchAll(/'(\{"Version".*\})'/g)].map(([, document = '']) => document);
    expect(documents).toEqual([documentText(REVOKED_DOCUMENT), documentText(CLOSED_TRUST)]);
  });
});

describe('README.md', () => {
  it('explains every setting that the product reads, and no other', () => {
    const settings = [...read('src/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
    const [, table = ''] = /## Settings\n([\s\S]*?)\n## /.exec(readme) ?? [];
    const explained = [...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect([...explained].sort()).toEqual([...settings, 'DATABASE_OWNER_URL'].sort());
  });

  it('makes the boundaries that broker policy and example configuration name', () => {
    const named = (file: string) => [...read(file).matchAll(/breakglass-guardrails\/([\w-]+)/g)].map(([, one]) => one);
    const [, made = ''] = /--policy-name ([\w-]+)\$zone/.exec(readme) ?? [];
    const wanted = ['a', 'b', 'c'].map((zone) => `${made}${zone}`);
    for (const file of ['breakglass.example.yaml', 'manifests/aws/broker.json']) {
      expect([...new Set(named(file))].sort()).toEqual(wanted);
    }
  });

  it('names no command that does not exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const run = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
    const commands = new Set(
      [...read('src/cli/breakglass.ts').matchAll(/\.command\('(\w+)'\)/g)].map(([, one]) => one),
    );
    const typed = [...readme.matchAll(/(?:npx|`|\$) ?breakglass (\w+)/g)].map(([, one]) => one);
    expect(typed.length).toBeGreaterThan(0);
    expect(typed.filter((one) => !commands.has(one))).toEqual([]);
  });
});

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`),
];

it.each(pages.filter((page) => page.endsWith('.md')))('%s links to nothing that is missing', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
  // Pictures are taken of the running demo, and are not there before somebody has taken them.
  const missing = links.filter((link) => !link.startsWith('docs/images/') && !existsSync(join(dirname(page), link)));
  expect(missing).toEqual([]);
});

describe('docs/decisions', () => {
  const files = readdirSync('docs/decisions').sort();

  it('are numbered without a gap', () => {
    expect(files.map((file) => Number.parseInt(file, 10))).toEqual(files.map((_, index) => index + 1));
  });

  it.each(files)('%s takes no more than ten lines', (file) => {
    expect(read(`docs/decisions/${file}`).trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  });
});
