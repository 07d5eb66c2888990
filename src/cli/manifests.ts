import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  brokerTrust,
  filledManifest,
  MANIFESTS,
  type ManifestOrder,
  manifestTooLarge,
  OF_ORGANIZATION,
  orderProblems,
} from '../clouds/aws/manifests.ts';

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

/** Writes the policy documents of one AWS account, all or none of them. Returns the exit code: 2 on wrong usage. */
export async function awsManifests({ out, force = false, ...given }: ManifestArguments): Promise<number> {
  const order: ManifestOrder = {
    ...given,
    account: given.account ?? '',
    networks: given.network ?? [],
    vpcs: given.vpc ?? [],
    identityTargets: given.identityTarget ?? [],
  };
  const problems = orderProblems(order);
  if (problems.length > 0) return refused(problems);

  const names = MANIFESTS.filter((name) => order.organization !== undefined || !OF_ORGANIZATION.includes(name));
  const files: { readonly name: string; readonly text: string }[] = [];
  const tooLarge: string[] = [];
  for (const name of names) {
    const document = filledManifest(await template(name), order);
    tooLarge.push(...[manifestTooLarge(name, document) ?? []].flat());
    files.push({ name: `${name}.json`, text: textOf(document) });
  }
  if (tooLarge.length > 0) return refused(tooLarge);
  if (order.worker !== undefined && order.externalId !== undefined) {
    files.push({ name: 'trust.json', text: textOf(brokerTrust(order.worker, order.externalId)) });
  }

  const folder = out ?? `breakglass-aws-${order.account}`;
  const there = force ? [] : await existing(files.map(({ name }) => join(folder, name)));
  if (there.length > 0) {
    return refused([
      `${there.join(', ')} exists already: name another folder with --out, or say --force to replace it`,
    ]);
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, text } of files) await writeFile(join(folder, name), text);
  } catch (error) {
    console.error(`${folder} cannot be written to: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  console.log(`${folder}: ${files.map(({ name }) => name).join(', ')}.`);
  if (order.organization === undefined) {
    console.log('Without --organization: no scp.json and no rcp.json, which hold if a worker’s host is taken over.');
  }
  if (order.worker === undefined)
    console.log('Without --worker and --external-id: no trust.json of the broker’s role.');
  console.log('manifests/aws/README.md says where each goes.');
  return 0;
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
