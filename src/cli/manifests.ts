import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  brokerTrust,
  filledManifest,
  inputProblems,
  MANIFESTS,
  type ManifestInput,
  manifestTooLarge,
  OF_ORGANIZATION,
} from '../clouds/aws/policy/manifests.ts';

/** What the command line says; each is checked before anything is written. */
export interface ManifestArguments {
  readonly partition: string;
  readonly account?: string;
  readonly network?: readonly string[];
  readonly vpc?: readonly string[];
  readonly organization?: string;
  readonly brokerRole: string;
  readonly securityRole: string;
  readonly identityTarget?: readonly string[];
  readonly worker?: string;
  readonly externalId?: string;
  readonly out?: string;
  readonly force?: boolean;
}

/**
 * Writes the policy documents of one AWS account; none of them where anything is wrong with the order or there is no room
 * for all. Returns the exit code: 2 on wrong usage.
 */
export async function awsManifests({ out, force = false, ...given }: ManifestArguments): Promise<number> {
  const input: ManifestInput = {
    ...given,
    account: given.account ?? '',
    networks: given.network ?? [],
    vpcs: given.vpc ?? [],
    identityTargets: given.identityTarget ?? [],
  };
  const problems = inputProblems(input);
  if (problems.length > 0) return refused(problems);

  const names = MANIFESTS.filter((name) => input.organization !== undefined || !OF_ORGANIZATION.includes(name));
  const files: Written[] = [];
  const tooLarge: string[] = [];
  for (const name of names) {
    const document = filledManifest(await template(name), input);
    tooLarge.push(...[manifestTooLarge(name, document) ?? []].flat());
    files.push({ name: `${name}.json`, text: textOf(document) });
  }
  if (tooLarge.length > 0) return refused(tooLarge);
  if (input.worker !== undefined && input.externalId !== undefined) {
    files.push({ name: TRUST, text: textOf(brokerTrust(input.worker, input.externalId)) });
  }

  const folder = out ?? `breakglass-aws-${input.account}`;
  const there = force ? [] : await existing(files.map(({ name }) => join(folder, name)));
  if (there.length > 0) {
    return refused([
      `${there.join(', ')} exists already: name another folder with --out, or say --force to replace it`,
    ]);
  }
  const failed = await written(folder, files);
  if (failed !== undefined) {
    console.error(
      `${folder} cannot be written to (${failed}): name another folder with --out, in the container a mounted one`,
    );
    return 1;
  }
  const made = files.map(({ name }) => name);
  console.log(`${folder}: ${made.join(', ')}.`);
  const others = [...MANIFESTS.map((name) => `${name}.json`), TRUST].filter((name) => !made.includes(name));
  const left = await existing(others.map((name) => join(folder, name)));
  if (left.length > 0) console.log(`Left there from before, and not of this order: ${left.join(', ')}.`);
  if (input.organization === undefined) {
    console.log('Without --organization: no scp.json and no rcp.json, which hold if a worker’s host is taken over.');
  }
  if (input.worker === undefined)
    console.log('Without --worker and --external-id: no trust.json of the broker’s role.');
  console.log('manifests/aws/README.md says where each goes.');
  return 0;
}

const TRUST = 'trust.json';

interface Written {
  readonly name: string;
  readonly text: string;
}

/**
 * Puts every file into the folder, each whole: they are written under other names first, so that a full disk leaves what was
 * there. What went wrong, or undefined.
 */
async function written(folder: string, files: readonly Written[]): Promise<string | undefined> {
  const draft = (name: string): string => join(folder, `.${name}.${process.pid}`);
  const placed: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, text } of files) await writeFile(draft(name), text);
    for (const { name } of files) {
      await rename(draft(name), join(folder, name));
      placed.push(name);
    }
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await Promise.all(files.map(({ name }) => rm(draft(name), { force: true }).catch(() => undefined)));
    return placed.length === 0 ? why : `${why}; written already: ${placed.join(', ')}`;
  }
}

function refused(problems: readonly string[]): number {
  console.error(`Nothing was written:\n${problems.map((line) => `  ${line}.`).join('\n')}`);
  return 2;
}

const textOf = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

/** It lies beside the compiled code, as it does beside the source. */
const template = (name: string): Promise<string> =>
  readFile(new URL(`../../manifests/aws/${name}.json`, import.meta.url), 'utf8');

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}
