#!/usr/bin/env node
import { Command } from 'commander';
import { SettingsProblem } from '../config.ts';
import { Failure } from '../core/failure.ts';
import { namedBy, typedWord } from '../core/typed.ts';
import type { ManifestArguments } from './manifests.ts';

/*
 * `breakglass …`. Each command loads its own code when it runs, so that `lint` in CI never pays for Slack or AWS.
 * Exit codes: 0 done, 1 refused or broken (said on stderr), 2 wrong usage, 3 nothing broken but not all proven (audit).
 */
// The SDK announces the end of Node 20 at every start; the README says which versions we support.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const program = new Command('breakglass')
  .description('Break-glass broker: short-lived cloud access from chat that ends by itself, provably.')
  .showHelpAfterError('Run "breakglass --help" to see what there is.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('start')
  .description('start the bot')
  .option('--role <role>', 'web, worker, all (the two), or seal (signs the log)', 'all')
  .option('--file <file>', 'the policy file', 'breakglass.yaml')
  .option('--embedded', 'run PostgreSQL from .breakglass/ (for trying out; refuses a cloud that is not on loopback)')
  .action(async (options: { role: string; file: string; embedded?: boolean }) => {
    const { start } = await import('./start.ts');
    await start(options);
  });

program
  .command('lint')
  .argument('[file]', 'the policy file', 'breakglass.yaml')
  .description('check a policy file; exits 1 on any problem')
  .action(async (file: string) => {
    const { lint } = await import('./lint.ts');
    process.exitCode = await lint(file);
  });

program
  .command('apply')
  .argument('<file>', 'the policy file')
  .description('put a policy in force, with its event in the log')
  .action(async (file: string) => {
    const { applyFile } = await import('./apply.ts');
    process.exitCode = await applyFile(file);
  });

program
  .command('migrate')
  .description('bring the database to this version, as its owner (DATABASE_OWNER_URL)')
  .action(async () => {
    const { migrateDatabase } = await import('./migrate.ts');
    await migrateDatabase();
  });

program
  .command('adopt')
  .description('say what a database is that was moved or copied')
  .option('--moved', 'it is the same installation, elsewhere')
  .option('--copy', 'it is another installation: it gets a new id')
  .action(async (options: { moved?: boolean; copy?: boolean }) => {
    const { adopt } = await import('./adopt.ts');
    process.exitCode = await adopt(options);
  });

program
  .command('list')
  .description('show open requests')
  .action(async () => {
    const { list } = await import('./requests.ts');
    await list();
  });

program
  .command('status')
  .argument('<id>', 'a request')
  .description('show one request and its events')
  .action(async (id: string) => {
    const { status } = await import('./requests.ts');
    process.exitCode = await status(id);
  });

program
  .command('end')
  .argument('<id>', 'a request')
  .description('end access now')
  .action(async (id: string) => {
    const { end } = await import('./requests.ts');
    process.exitCode = await end(id);
  });

program
  .command('freeze')
  .description(
    'stop every opening, with the database alone. There is no thaw here: two security people lift it in the chat, since ' +
      'the command line cannot tell two people from one',
  )
  .requiredOption('--reason <text>', 'why, for everybody to read')
  .option('--all', 'end everything that is open too')
  .action(async (options: { all?: boolean; reason: string }) => {
    const { freeze } = await import('./freeze.ts');
    process.exitCode = await freeze(options);
  });

program
  .command('manifests')
  .description('the documents that an installation needs in its clouds')
  .command('aws')
  .description('write the policy documents of one AWS account, with its own number, networks and names')
  .option('--partition <name>', 'aws, aws-us-gov or aws-cn', 'aws')
  .option('--account <number>', 'the 12 digits of the account the documents go into (required)')
  .option('--network <range...>', 'where responders come from, such as 198.51.100.0/24 (this or --vpc is required)')
  .option('--vpc <id...>', 'the VPCs that they come from')
  .option('--organization <id>', 'o-…: writes scp.json and rcp.json too')
  .option('--broker-role <name>', 'the role that the broker takes on in the account', 'breakglass-broker')
  .option('--security-role <name>', 'the only role that changes guardrails', 'org-security-admin')
  .option('--identity-target <arn...>', 'the identityTargets of your catalog in this account')
  .option('--worker <arn>', 'whom the broker’s role lets in; writes trust.json, with the next')
  .option('--external-id <text>', 'the externalId of the account in your policy')
  .option('--out <folder>', 'where to; breakglass-aws-<account> otherwise')
  .option('--force', 'replace files that are there')
  .action(async (options: ManifestArguments) => {
    const { awsManifests } = await import('./manifests.ts');
    process.exitCode = await awsManifests(options);
  });

const audit = program.command('audit').description('the log');

audit
  .command('verify')
  .argument('[bundle]', 'what "audit export" wrote; without it, the database is checked')
  .option('--key <file>', 'your own copy of the public key, in PEM')
  .option('--anchors <folder>', 'checkpoints copied from bucket, file or channel (for a bundle)')
  .description('check every chain and checkpoint; exits 1 where something is broken, 3 where not all is proven')
  .action(async (bundle: string | undefined, options: { key?: string; anchors?: string }) => {
    const { verify } = await import('./audit.ts');
    process.exitCode = await verify(bundle, options);
  });

audit
  .command('export')
  .requiredOption('--incident <id>', 'which incident')
  .option('--out <file>', 'where to; standard output otherwise')
  .description("write an incident's part of the log, with all that proves it, for somebody without our database")
  .action(async (options: { incident: string; out?: string }) => {
    const { exportIncident } = await import('./audit-export.ts');
    process.exitCode = await exportIncident(options);
  });

audit
  .command('keygen')
  .argument('<file>', 'where the private key goes; the public one is put beside it as FILE.pub')
  .description('make a key for the sealer')
  .action(async (file: string) => {
    const { keygen } = await import('./audit-keygen.ts');
    process.exitCode = await keygen(file);
  });

/** The arguments with their sub-commands as we spell them: typed in capitals or pasted with quotes, they are meant all the same. */
function spelled(command: Command, [first, ...rest]: readonly string[]): readonly string[] {
  const named = [...command.commands.map((one) => ({ id: one.name(), one })), { id: 'help', one: command }];
  const meant = first === undefined ? undefined : namedBy(typedWord(first), named);
  if (first === undefined) return [];
  return meant === undefined ? [first, ...rest] : [meant.id, ...spelled(meant.one, rest)];
}

try {
  await program.parseAsync(spelled(program, process.argv.slice(2)), { from: 'user' });
} catch (error) {
  // Words for what a person can mend; the stack only for what nobody foresaw.
  const known = error instanceof SettingsProblem || error instanceof Failure;
  process.stderr.write(`${known ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = 1;
}
