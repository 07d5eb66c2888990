import { execFileSync } from 'node:child_process';
import { PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { commandsOf } from '../../../../src/clouds/aws/policy/manual-commands.ts';
import { detailOf } from '../../../../src/clouds/aws/policy/plan-detail.ts';
import { codeOf, Rig, soon } from '../rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open();
});
afterAll(() => rig.close());

/** Each line as a real shell hands it to the program that it names: its words. */
const wordsOf = (script: string): readonly (readonly string[])[] =>
  script.split('\n').map((line) => {
    const shown = execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], {
      encoding: 'utf8',
    });
    return shown.split('\0').slice(0, -1);
  });

/** The options of one line, as the AWS CLI reads them. */
function optionsOf(words: readonly string[]): Readonly<Record<string, string>> {
  const named = words.flatMap((word, at): [string, string][] =>
    word.startsWith('--') ? [[word.slice(2), words[at + 1] ?? '']] : [],
  );
  expect(words.length).toBe(3 + 2 * named.length);
  return Object.fromEntries(named);
}

it('ends open access, and what it writes is what the worker would have written (D6)', async () => {
  const plan = rig.plan();
  await rig.provider.open(plan, soon());
  const session = await rig.assume(plan, rig.signIn('alice'));
  const lines = wordsOf(rig.provider.manualCommands(plan));
  expect(lines.map(([program, service, action]) => [program, service, action])).toEqual([
    ['aws', 'iam', 'put-role-policy'],
    ['aws', 'iam', 'update-assume-role-policy'],
  ]);
  const [deny = {}, trust = {}] = lines.map(optionsOf);
  const iam = rig.admin();
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: deny['role-name'],
      PolicyName: deny['policy-name'],
      PolicyDocument: deny['policy-document'],
    }),
  );
  await iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: trust['role-name'], PolicyDocument: trust['policy-document'] }),
  );
  expect(await rig.provider.observe(plan, soon())).toMatchObject({ ended: true, open: false });
  expect(await rig.may(session, 'iam:ListUsers', '*')).toBe('AccessDenied');
  expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
  expect(await rig.provider.close(plan, soon())).toMatchObject({ hashes: { '99-revoked': plan.hashes['99-revoked'] } });
});

it('is safe to paste, whatever stands in a plan', () => {
  const nasty = `{"a":"it's $(touch /tmp/x) \`id\` \\\\ \\"; rm -rf ~ & | > \\u0027"}`;
  const detail = { ...detailOf(rig.plan()), revoked: nasty, closedTrust: `'` };
  const [deny = [], trust = []] = wordsOf(commandsOf(detail));
  expect(deny.at(-1)).toBe(nasty);
  expect(trust.at(-1)).toBe(`'`);
});
