import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { allSuites, pureSuites, reachesOut } from '../scripts/suites.mjs';

describe('npm run check', () => {
  it('takes suites of pure code and leaves those with a server, whatever they are called', () => {
    const pure = pureSuites();
    expect(pure).toEqual(expect.arrayContaining(['test/architecture.test.ts', 'test/core/request/decide.test.ts']));
    for (const other of ['test/store/change.test.ts', 'test/broker/grant/open.test.ts', 'test/cli/freeze.test.ts']) {
      expect(allSuites()).toContain(other);
      expect(pure).not.toContain(other);
    }
  });

  describe('of a suite', () => {
    let root: string;
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    };
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'suites-'));
      write('src/server.ts', "import { createServer } from 'node:http';\n");
      write('src/through.ts', "export { listen } from './server.ts';\n");
      write('src/round.ts', "import './round.ts';\nimport { z } from 'zod';\n");
    });
    afterAll(() => rmSync(root, { recursive: true }));

    it.each([
      ['imports a server', "import { x } from '../src/server.ts';\n", true],
      ['imports it through another file', "import { x } from '../src/through.ts';\n", true],
      ['imports it for its effect', "import '../src/server.ts';\n", true],
      ['imports it late', "const { x } = await import('../src/server.ts');\n", true],
      ['starts a process', "import {\n  fork,\n} from 'node:child_process';\n", true],
      ['imports types of a server', "import type { Server } from 'node:http';\n", false],
      ['only speaks of one', "// import 'node:http';\nconst text = \"import { x } from 'pg';\";\n", false],
      ['imports itself, round about', "import '../src/round.ts';\n", false],
    ])('that %s: %#', (_what, source, out) => {
      write('test/one.test.ts', source);
      expect(reachesOut('test/one.test.ts', root)).toBe(out);
    });
  });
});
