// Writes breakglass.schema.json from the zod schema that the product reads breakglass.yaml by. Runs from the build.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const { policyJsonSchema } = await import('../dist/policy-file/json-schema.js');
const file = new URL('../breakglass.schema.json', import.meta.url).pathname;
writeFileSync(file, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
const { status } = spawnSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' });
process.exitCode = status ?? 1;
