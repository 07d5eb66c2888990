import { lintPolicy } from './core/lint/lint.ts';
import type { Finding } from './core/lint/lint-finding.ts';
import type { Definitions } from './core/policy/definitions.ts';
import { type Floors, type Policy, policySchema } from './core/policy/policy.ts';
import type { Problem } from './policy-file/problem.ts';
import { lintSalvaged } from './policy-file/salvage.ts';
import { schemaProblems } from './policy-file/schema-words.ts';
import { readYaml } from './policy-file/yaml-file.ts';

export type PolicyRead =
  | { readonly ok: true; readonly policy: Policy; readonly text: string; readonly warnings: readonly Problem[] }
  /** Everything found, warnings among it, in the order of the file. At least one is an error. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The one way from the bytes, or the text, of `breakglass.yaml` to a policy, for `lint`, `apply` and the running bot alike. Every
 * problem is reported at once, each with its line; a syntax error alone hides the rest, since nothing after it can be
 * trusted. Never throws.
 * @param fileName As problems shall name it.
 * @param floors The least durations that may be configured; production passes `PRODUCTION_FLOORS`.
 * @param definitions What it is composed of, and judged by.
 */
export function readPolicy(
  source: string | Uint8Array,
  fileName: string,
  floors: Floors,
  definitions: Definitions,
): PolicyRead {
  const file = readYaml(source);
  const located = (findings: readonly Finding[]): readonly Problem[] =>
    findings.map(({ path, message, severity, beside }) => ({
      file: fileName,
      line: file.lineOf(path),
      message: beside === undefined ? message : `${message} (${fileName}:${file.lineOf(beside)})`,
      severity,
    }));
  const unreadable = file.problems.map(
    ({ line, message }): Problem => ({ file: fileName, line, message, severity: 'error' }),
  );
  if (file.value === undefined) return { ok: false, problems: inOrder(unreadable) };

  const parsed = policySchema(floors, definitions).safeParse(file.value);
  if (!parsed.success) {
    const misfits = schemaProblems(parsed.error.issues, file.value, definitions).map(
      (one): Finding => ({ ...one, severity: 'error' }),
    );
    const others = lintSalvaged(
      file.value,
      misfits.map(({ path }) => path),
      floors,
      definitions,
    );
    return { ok: false, problems: inOrder([...unreadable, ...located([...misfits, ...others])]) };
  }
  const findings = inOrder([...unreadable, ...located(lintPolicy(parsed.data, definitions, floors))]);
  if (findings.some(({ severity }) => severity === 'error')) return { ok: false, problems: findings };
  return { ok: true, policy: parsed.data, text: file.text, warnings: findings };
}

const inOrder = (problems: readonly Problem[]): readonly Problem[] => [...problems].sort((a, b) => a.line - b.line);
