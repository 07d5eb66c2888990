// Adds to package-lock.json the optional packages of other platforms that npm leaves out when the registry does not
// serve them. Without these entries `npm ci` refuses the lock ("Missing: … from lock file"). Run after every `npm i`.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const OS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix', 'windows'];
const CPU = ['arm64', 'arm', 'armv7', 'ia32', 'loong64', 'mips64el', 'ppc64', 'ppc64le', 'ppc', 'riscv64', 's390x', 'x64', 'wasm32'];

/** The lock's text with every optional package that some entry names and the lock lacks. */
export function completeLock(text) {
  const lock = JSON.parse(text);
  const packages = lock.packages;
  for (const [path, entry] of Object.entries({ ...packages })) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (path === '') continue;
      const nested = `${path}/node_modules/${name}`;
      const top = `node_modules/${name}`;
      if (packages[nested] || packages[top]) continue;
      const words = name.split(/[/\-_.]/);
      const os = OS.find((word) => words.includes(word));
      const cpu = CPU.find((word) => words.includes(word));
      packages[top] = {
        version: version.replace(/^[~^>=]+/, ''),
        ...(cpu ? { cpu: [cpu] } : {}),
        ...(entry.dev ? { dev: true } : {}),
        optional: true,
        ...(os ? { os: [os === 'windows' ? 'win32' : os] } : {}),
      };
    }
  }
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return `${JSON.stringify(lock, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const text = readFileSync('package-lock.json', 'utf8');
  const whole = completeLock(text);
  if (whole !== text) writeFileSync('package-lock.json', whole);
}
