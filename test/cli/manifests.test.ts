import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalAws } from '../../src/demo/aws/local-aws.ts';
import { manifest } from '../../src/demo/aws/manifests.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/breakglass.js', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bg-manifests-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the built command line in an empty folder, with nothing in its environment. */
const write = (...args: readonly string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, [CLI, 'manifests', 'aws', ...args], { cwd: folder, env: {} }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr }),
    );
  });

const GOV = [
  '--partition',
  'aws-us-gov',
  '--account',
  '444455556666',
  '--network',
  '198.51.100.0/24',
  '2001:db8:77::/48',
  '--vpc',
  'vpc-0123456789abcdef0',
  '--organization',
  'o-ourowngroup',
  '--broker-role',
  'our-broker',
  '--security-role',
  'our-security',
  '--identity-target',
  'arn:aws-us-gov:iam::444455556666:role/service/gateway',
  '--worker',
  'arn:aws-us-gov:iam::777788889999:role/worker',
  '--external-id',
  'our-external-id',
];

describe('breakglass manifests aws', () => {
  it('writes every document for one account, with nothing of the example left in it', async () => {
    expect(await write(...GOV)).toMatchObject({
      code: 0,
      said: expect.stringContaining('breakglass-aws-444455556666: '),
    });
    const dir = join(folder, 'breakglass-aws-444455556666');
    const names = (await readdir(dir)).sort();
    const templates = (await readdir(new URL('../../manifests/aws/', import.meta.url))).filter((one) =>
      one.endsWith('.json'),
    );
    expect(names).toEqual([...templates, 'trust.json'].sort());
    const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
    const all = texts.join('\n');
    for (const example of [
      'arn:aws:',
      '123456789012',
      '203.0.113.',
      '2001:db8:10:',
      'vpc-0abc',
      'o-exampleorg',
      'breakglass-broker',
      'org-security-admin',
      'model-gateway',
    ])
      expect([example, all.includes(example)]).toEqual([example, false]);
    for (const own of [
      '198.51.100.0/24',
      '2001:db8:77::/48',
      'vpc-0123456789abcdef0',
      'o-ourowngroup',
      ':role/our-broker',
      ':role/our-security',
      ':role/service/gateway',
      'our-external-id',
    ])
      expect([own, all.includes(own)]).toEqual([own, true]);
    // What they say beside that is what the reviewed documents say, statement by statement.
    for (const name of templates) {
      const sids = async (path: string | URL) =>
        (JSON.parse(await readFile(path, 'utf8')) as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid);
      expect(await sids(join(dir, name))).toEqual(await sids(new URL(`../../manifests/aws/${name}`, import.meta.url)));
    }
  });

  it('never writes over a file unless it is told to, and then writes all or nothing', async () => {
    const dir = join(folder, 'kept');
    expect((await write(...GOV, '--out', dir)).code).toBe(0);
    await rm(join(dir, 'broker.json'));
    await writeFile(join(dir, 'boundary-a.json'), 'mine');
    const refused = await write(...GOV, '--out', dir);
    expect(refused).toMatchObject({
      code: 2,
      said: expect.stringMatching(/boundary-a\.json.* exists already: .*--force/s),
    });
    expect(await readFile(join(dir, 'boundary-a.json'), 'utf8')).toBe('mine');
    expect(await readdir(dir)).not.toContain('broker.json');
    expect((await write(...GOV, '--out', dir, '--force')).code).toBe(0);
    expect(await readFile(join(dir, 'boundary-a.json'), 'utf8')).toContain('ExpectedNetwork');
  });

  it('leaves what was there when one cannot be written, and says what was and what to do', async () => {
    const dir = join(folder, 'blocked');
    await mkdir(join(dir, 'boundary-b.json'), { recursive: true });
    await writeFile(join(dir, 'trust.json'), 'mine');
    expect(await write(...GOV, '--out', dir, '--force')).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /written already: boundary-a\.json\): name another folder with --out, in the container/,
      ),
    });
    expect((await readdir(dir)).sort()).toEqual(['boundary-a.json', 'boundary-b.json', 'trust.json']);
    expect(await readFile(join(dir, 'trust.json'), 'utf8')).toBe('mine');
    await writeFile(join(folder, 'file'), '');
    expect(await write(...GOV, '--out', join(folder, 'file'))).toMatchObject({
      code: 1,
      said: expect.stringMatching(/cannot be written to \(EEXIST[^;]*\): name another folder with --out/),
    });
  });

  it('names the documents of an earlier order that lie beside those of this one', async () => {
    const dir = join(folder, 'smaller');
    await write(...GOV, '--out', dir);
    const least = ['--account', '111122223333', '--network', '198.51.100.0/24', '--out', dir, '--force'];
    const { said } = await write(...least);
    expect(said).toMatch(/from before, and not of this order: \S+scp\.json, \S+rcp\.json, \S+trust\.json\./);
  });

  it.each<[what: string, args: readonly string[], words: RegExp]>([
    ['nothing', [], /--account is required: .*--network or --vpc is required/s],
    ['a partition', ['--partition', 'aws-gov'], /--partition is one of aws, aws-us-gov, aws-cn, not "aws-gov"/],
    ['an account', ['--account', '1234'], /--account is required: the 12 digits/],
    ['a network', ['--network', '10.0.0.300/8'], /"10\.0\.0\.300\/8" is no range of addresses/],
    ['a network without bits', ['--network', '10.0.0.1'], /"10\.0\.0\.1" is no range/],
    ['every address', ['--network', '0.0.0.0/0'], /is every address: name your own/],
    ['a VPC', ['--vpc', 'mine'], /--vpc "mine" is no id of a VPC/],
    ['an organization', ['--organization', 'ours'], /--organization "ours" is no id/],
    ['a role', ['--broker-role', 'a"b'], /--broker-role "a"b" is no name of a role/],
    ['a target', ['--identity-target', 'arn:aws:iam::111122223333:role/*'], /--identity-target .* is no whole ARN/],
    ['a worker alone', ['--worker', 'arn:aws:iam::111122223333:role/w'], /--worker and --external-id go together/],
    [
      'a worker elsewhere',
      ['--worker', 'arn:aws-cn:iam::111122223333:role/w', '--external-id', 'abc'],
      /is no role or user of partition aws/,
    ],
    [
      'too many networks',
      ['--network', ...Array.from({ length: 250 }, (_, at) => `198.51.100.${at}/32`)],
      /boundary-a\.json would be \d+ characters, of 6144 that AWS takes/,
    ],
  ])('says what is wrong with %s, and writes nothing', async (what, args, words) => {
    const right = ['--account', '111122223333', '--network', '198.51.100.0/24', '--out', join(folder, 'never')];
    const given = what === 'nothing' ? [] : [...right, ...args];
    const { code, said } = await write(...given);
    expect([code, said]).toEqual([2, expect.stringMatching(words)]);
    expect(await readdir(folder)).not.toContain('never');
  });

  it('without an organization leaves its two documents out, and says so', async () => {
    const out = join(folder, 'alone');
    const { code, said } = await write('--account', '111122223333', '--network', '198.51.100.0/24', '--out', out);
    expect([code, said]).toEqual([0, expect.stringMatching(/no scp\.json and no rcp\.json.*no trust\.json/s)]);
    expect((await readdir(out)).sort()).toEqual([
      'boundary-a.json',
      'boundary-b.json',
      'boundary-c.json',
      'broker.json',
      'entry.json',
    ]);
    // A list of exceptions may not be empty: nobody was named, so nobody's permissions may be taken away.
    expect(await readFile(join(out, 'boundary-c.json'), 'utf8')).not.toContain('NotResource');
  });

  it('writes what the local AWS of the demo runs under', async () => {
    const out = join(folder, 'demo');
    const args = ['--account', '111122223333', '--network', '127.0.0.0/8', '::1/128', '--organization', 'o-exampleorg'];
    expect((await write(...args, '--out', out)).code).toBe(0);
    for (const name of ['boundary-a', 'boundary-b', 'boundary-c', 'broker', 'entry', 'scp', 'rcp'] as const) {
      expect(JSON.parse(await readFile(join(out, `${name}.json`), 'utf8'))).toEqual(manifest(name, '111122223333'));
    }
    const read = async (name: string) => readFile(join(out, `${name}.json`), 'utf8');
    const aws = await startLocalAws({
      accounts: [
        {
          id: '111122223333',
          name: 'written',
          serviceControlPolicies: [await read('scp')],
          resourceControlPolicies: [await read('rcp')],
          managedPolicies: [
            { name: 'boundary-a', path: '/breakglass-guardrails/', document: await read('boundary-a') },
          ],
          users: [{ name: 'ann', policies: { entry: await read('entry') } }],
        },
      ],
    });
    await aws.close();
  });
});
