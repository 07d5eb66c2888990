import { readFileSync } from 'node:fs';
import { completeLock } from '../scripts/complete-lock.mjs';

const text = readFileSync('package-lock.json', 'utf8');
const entry = (path: string, whole: string): unknown => JSON.parse(whole).packages[path];

/** A lock in which one package names optional packages of other platforms. */
const lockWith = (optional: Record<string, string>, more: Record<string, unknown> = {}, from: object = {}): string =>
  JSON.stringify({
    packages: {
      '': { name: 'house', optionalDependencies: { 'not-ours-to-add': '1.0.0' } },
      'node_modules/tool': { version: '1.0.0', ...from, optionalDependencies: optional },
      ...more,
    },
  });

describe('package-lock.json', () => {
  it('names the optional packages of every platform, without which `npm ci` refuses it (npm run lock adds them)', () => {
    expect(completeLock(text)).toBe(text);
  });

  it('was made for the package.json beside it', () => {
    const { dependencies, devDependencies, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(entry('', text)).toMatchObject({ dependencies, devDependencies, engines });
  });

  it('keeps every package under the AGPL or GPL out of what ships: the IAM simulator is for tests only', () => {
    const packages = Object.entries<{ license?: string; dev?: boolean }>(JSON.parse(text).packages);
    const copyleft = packages.filter(([, { license }]) => /GPL/.test(license ?? ''));
    expect(copyleft.map(([path]) => path)).toContain('node_modules/@cloud-copilot/iam-simulate');
    expect(copyleft.filter(([, { dev }]) => dev !== true).map(([path]) => path)).toEqual([]);
    const image = readFileSync('Dockerfile', 'utf8');
    const shipped = /--from=(\w+) \/app\/node_modules/.exec(image)?.[1];
    expect(image).toMatch(new RegExp(`FROM base AS ${shipped}\\nRUN npm ci --omit=dev `));
  });
});

describe('completeLock', () => {
  it('reads system and processor from the name, so that no other machine asks the registry for the package', () => {
    const names = {
      '@tool/linux-x64-musl': '1.0.0',
      '@tool/win32-arm64-msvc': '1.0.0',
      '@tool/linux-arm-gnueabihf': '1.0.0',
      '@tool/core-wasm32-wasi': '1.0.0',
      '@tool/windows-x64': '1.0.0',
    };
    const whole = completeLock(lockWith(names));
    const at = (name: string) => entry(`node_modules/@tool/${name}`, whole);
    expect(at('linux-x64-musl')).toEqual({
      version: '1.0.0',
      cpu: ['x64'],
      optional: true,
      os: ['linux'],
      libc: ['musl'],
    });
    expect(at('win32-arm64-msvc')).toEqual({ version: '1.0.0', cpu: ['arm64'], optional: true, os: ['win32'] });
    expect(at('linux-arm-gnueabihf')).toMatchObject({ cpu: ['arm'], os: ['linux'], libc: ['glibc'] });
    expect(at('core-wasm32-wasi')).toEqual({ version: '1.0.0', cpu: ['wasm32'], optional: true });
    expect(at('windows-x64')).toMatchObject({ os: ['win32'] });
  });

  it('keeps a package for tools out of production', () => {
    const whole = completeLock(lockWith({ '@tool/darwin-arm64': '2.0.0' }, {}, { dev: true }));
    expect(entry('node_modules/@tool/darwin-arm64', whole)).toMatchObject({ dev: true, optional: true });
  });

  it('gives a package inside another one its own place where another version stands on top', () => {
    const whole = completeLock(
      lockWith({ '@tool/darwin-arm64': '2.0.0' }, { 'node_modules/@tool/darwin-arm64': { version: '1.0.0' } }),
    );
    expect(entry('node_modules/tool/node_modules/@tool/darwin-arm64', whole)).toMatchObject({ version: '2.0.0' });
  });

  it('accepts what stands anywhere above, as Node does', () => {
    const lock = lockWith({}, { 'node_modules/a/node_modules/b': { optionalDependencies: { c: '^1.2.0' } } });
    const above = { 'node_modules/a/node_modules/c': { version: '1.4.0' } };
    const parsed = JSON.parse(lock);
    const whole = completeLock(JSON.stringify({ packages: { ...parsed.packages, ...above } }));
    expect(Object.keys(JSON.parse(whole).packages)).not.toContain('node_modules/c');
  });

  it('changes nothing when run again', () => {
    const once = completeLock(lockWith({ '@tool/linux-riscv64-gnu': '^1.0.0' }));
    expect(completeLock(once)).toBe(once);
  });
});
