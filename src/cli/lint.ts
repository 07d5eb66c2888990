import { readFile } from 'node:fs/promises';
import { fillTable } from '../core/lint/lint-fill.ts';
import { PRODUCTION_FLOORS } from '../core/policy/policy.ts';
import { DEFINITIONS } from '../definitions.ts';
import { formatProblem } from '../policy-file/problem.ts';
import { type PolicyRead, readPolicy } from '../policy-file.ts';

/** Reads and checks a policy file as the running bot would, and prints what is wrong. */
export async function readForCli(file: string): Promise<PolicyRead | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) {
    console.error(`${file} cannot be read. Copy breakglass.example.yaml to start one, or name the file.`);
    return undefined;
  }
  const read = readPolicy(bytes, file, PRODUCTION_FLOORS, DEFINITIONS);
  for (const problem of read.ok ? read.warnings : read.problems) console.error(formatProblem(problem));
  return read;
}

/** Checks a policy file and says who could approve what. Returns the exit code: 1 on any error. */
export async function lint(file: string): Promise<number> {
  const read = await readForCli(file);
  if (read === undefined) return 1;
  if (!read.ok) {
    const errors = read.problems.filter(({ severity }) => severity === 'error').length;
    console.error(`\n${errors} error${errors === 1 ? '' : 's'}: mend them and lint again.`);
    return 1;
  }
  console.log(fillTable(read.policy, DEFINITIONS.chats).join('\n'));
  console.log(`\n${file} is good: ${read.policy.roles.length} roles, ${read.warnings.length} warnings.`);
  return 0;
}
