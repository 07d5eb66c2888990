// Writes breakglass.schema.json from the zod schema that the product reads breakglass.yaml by. Runs from the build.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { DEFINITIONS } = await import('../dist/definitions.js');
const { policyJsonSchema } = await import('../dist/policy-file/json-schema.js');
const root = fileURLToPath(new URL('../', import.meta.url));
writeFileSync(`${root}breakglass.schema.json`, `${JSON.stringify(policyJsonSchema(DEFINITIONS), null, 2)}\n`);
const format = ['node_modules/@biomejs/biome/bin/biome', 'format', '--write', 'breakglass.schema.json'];
process.exitCode = spawnSync(process.execPath, format, { cwd: root, stdio: 'inherit' }).status ?? 1;
