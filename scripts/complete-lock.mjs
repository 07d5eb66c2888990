// Adds to package-lock.json the optional packages of other platforms that npm leaves out when the registry does not
// serve them. Without these entries `npm ci` refuses the lock ("Missing: … from lock file"). Run after every `npm i`.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// The words that packages for one platform carry in their names, and what npm calls them: a package that is not for
// this machine is skipped without a question to the registry.
// https://docs.npmjs.com/cli/v11/configuring-npm/package-json#os
const OS = words([
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]);
OS.set('windows', 'win32');
const CPU = words(['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']);
CPU.set('armv7', 'arm').set('ppc64le', 'ppc64');
const LIBC = words(['musl']);
LIBC.set('musleabihf', 'musl').set('gnu', 'glibc').set('gnueabihf', 'glibc');

/**
 * The lock's text with every optional package that some package in it names and the lock lacks. Those of the project
 * itself are left alone: npm has asked for them and says so where they are missing.
 */
export function completeLock(text) {
  const lock = JSON.parse(text);
  const packages = { ...lock.packages };
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (found(packages, path, name, range)) continue;
      const top = `node_modules/${name}`;
      const place = packages[top] === undefined ? top : `${path}/${top}`;
      packages[place] = entryFor(name, range, entry.dev === true);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/** Does Node, looking from `path` upwards, meet the package? What npm chose for a range is taken as right. */
function found(packages, path, name, range) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const there = packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`];
    if (there !== undefined) return !/^\d/.test(range) || there.version === range;
    if (at === '') return false;
  }
}

function entryFor(name, range, dev) {
  const parts = name.split(/[/\-_.]/);
  const pick = (known) => parts.map((part) => known.get(part)).find((word) => word !== undefined);
  const [os, cpu, libc] = [pick(OS), pick(CPU), pick(LIBC)];
  return {
    version: range.replace(/^[~^>=]+/, ''),
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(dev ? { dev: true } : {}),
    ...(libc ? { libc: [libc] } : {}),
    optional: true,
    ...(os ? { os: [os] } : {}),
  };
}

function words(list) {
  return new Map(list.map((word) => [word, word]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const text = readFileSync('package-lock.json', 'utf8');
  const whole = completeLock(text);
  if (whole !== text) writeFileSync('package-lock.json', whole);
}
