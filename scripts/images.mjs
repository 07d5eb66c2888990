// Refreshes the pictures that the README shows: those that the browser test takes of the demo on its way, so that no
// picture shows what the product does not do. Needs a Chromium (see test/support/browser.ts) and a font with colour
// emoji (Debian: fonts-noto-color-emoji).
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BYTES_MAX = 300_000;
const PICTURES = { 'desk-timeline': 'channel', 'desk-modal': 'modal', 'phone-open': 'phone' };

const root = fileURLToPath(new URL('../', import.meta.url));
const taken = (name) => `${root}test-output/${name}.png`;
const kept = `${root}docs/images`;

// With CI set, a missing Chromium is an error and no reason to step aside.
const test = spawnSync('npm', ['run', '--silent', 'jest', '--', 'test/browser/demo-page.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, CI: 'true' },
});
if (test.status !== 0) process.exit(test.status ?? 1);
const heavy = Object.keys(PICTURES).filter((name) => statSync(taken(name)).size > BYTES_MAX);
if (heavy.length > 0) {
  console.error(`Over ${BYTES_MAX} bytes, so not kept: ${heavy.join(', ')}. Take a smaller part of the page.`);
  process.exit(1);
}
mkdirSync(kept, { recursive: true });
for (const [name, picture] of Object.entries(PICTURES)) copyFileSync(taken(name), `${kept}/${picture}.png`);
console.log(`docs/images: ${Object.values(PICTURES).join(', ')}`);
