import { IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts';
import type { Manifest, ManifestName } from '../../../src/clouds/aws/policy/manifests.ts';
import { type AwsOptions, awsProvider } from '../../../src/clouds/aws/role/provider.ts';
import type { Plan } from '../../../src/core/request/request.ts';
import type { Role as LocalRole } from '../../../src/demo/aws/accounts.ts';
import { type LocalAws, startLocalAws } from '../../../src/demo/aws/local-aws.ts';
import { manifest as localManifest } from '../../../src/demo/aws/manifests.ts';
import { type RoleOptions, reservedRoleName } from '../../../src/demo/aws/seed.ts';
import type { SignInOptions } from '../../../src/demo/aws/sign-in.ts';
import type { SigningKeys } from '../../../src/demo/aws/sigv4.ts';
import { simulate } from '../../../src/demo/aws/simulate.ts';
import type { OpenProvider, PlanInput } from '../../../src/ports/provider.ts';
import { allow, document, ELSEWHERE, EXTERNAL_ID, input, MANAGEMENT, PRODUCTION } from './inputs.ts';

/** A manifest as `breakglass manifests aws` writes it for the production account, whose callers are on this machine. */
export const manifest = (name: ManifestName, partition = 'aws'): Manifest =>
  localManifest(name, PRODUCTION, {
    partition,
    identityTargets: ['role', 'policy'].map(
      (kind) => `arn:${partition}:iam::${PRODUCTION}:${kind}/service/model-gateway`,
    ),
  });

export const LISTER = document(allow('iam:ListUsers'));
export const LISTER_ARN = `arn:aws:iam::${PRODUCTION}:policy/breakglass/lister`;
/** It, as a role pins it. The digest is computed apart from the product: SHA-256 of the canonical text, by hand. */
export const PINNED_LISTER = {
  arn: LISTER_ARN,
  document: LISTER,
  sha256: '8cc81addaa8a1703eafe6602281836134796ae287d1968ba0c784e8547af5503',
};
const SSO = `sts::${PRODUCTION}:assumed-role/${reservedRoleName(PRODUCTION, 'bg-entry')}`;

/** The provider on a local AWS, over HTTP, with the manifests of this repository as the guardrails. */
export class Rig {
  readonly aws: LocalAws;
  readonly partition: string;
  readonly provider: OpenProvider;
  readonly logged: string[] = [];
  readonly #clients: { destroy: () => void }[] = [];
  readonly #providers: OpenProvider[] = [];

  private constructor(aws: LocalAws, partition: string) {
    this.aws = aws;
    this.partition = partition;
    this.provider = this.another();
  }

  static async open(
    options: {
      readonly roleQuota?: number;
      readonly broker?: object;
      readonly roles?: readonly RoleOptions[];
      /** What the organization says over the production account, by manifest. */
      readonly organization?: readonly ('scp' | 'rcp')[];
      /** Of all the accounts; `aws` unless told. */
      readonly partition?: string;
    } = {},
  ): Promise<Rig> {
    const partition = options.partition ?? 'aws';
    const boundary = (zone: 'a' | 'b' | 'c') => ({
      name: `boundary-${zone}`,
      path: '/breakglass-guardrails/',
      document: manifest(`boundary-${zone}`, partition),
    });
    const over = (kind: 'scp' | 'rcp') => (options.organization?.includes(kind) ? [manifest(kind, partition)] : []);
    const aws = await startLocalAws({
      partition,
      accounts: [
        {
          id: ELSEWHERE,
          name: 'another organization',
          organization: 'o-anotherone',
          users: [{ name: 'intruder', policies: { all: document(allow('*')) } }],
        },
        {
          id: MANAGEMENT,
          name: 'management',
          users: [
            { name: 'breakglass-ci', policies: { enter: document(allow('sts:AssumeRole')) } },
            {
              name: 'breakglass',
              policies: { enter: document(allow('sts:AssumeRole', `arn:${partition}:iam::*:role/breakglass-broker`)) },
            },
          ],
        },
        {
          id: PRODUCTION,
          name: 'production',
          roleQuota: options.roleQuota ?? 100,
          serviceControlPolicies: over('scp'),
          resourceControlPolicies: over('rcp'),
          roles: options.roles ?? [],
          users: [{ name: 'bob' }, { name: 'admin', policies: { all: document(allow('*')) } }],
          managedPolicies: [
            boundary('a'),
            boundary('b'),
            boundary('c'),
            { name: 'lister', path: '/breakglass/', document: LISTER },
          ],
          permissionSets: [
            {
              name: 'bg-entry',
              region: 'eu-west-1',
              policies: { entry: manifest('entry', partition) },
              people: [
                { name: 'alice@example.com', userId: '906722b2-aaaa' },
                { name: 'eve@example.com', userId: '906722b2-eeee' },
              ],
            },
          ],
          brokerRole: {
            name: 'breakglass-broker',
            policy: options.broker ?? manifest('broker', partition),
            externalId: EXTERNAL_ID,
            trusted: [`arn:${partition}:iam::${MANAGEMENT}:user/breakglass`],
          },
        },
      ],
    });
    return new Rig(aws, partition);
  }

  /** Another process's provider: it shares nothing with the first but the cloud. */
  another(change: Partial<AwsOptions> = {}): OpenProvider {
    const write = (level: string) => (fields: object, message: string) =>
      void this.logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
    const provider = awsProvider({
      endpoint: this.aws.url,
      region: 'eu-west-1',
      credentials: this.aws.keysOf(MANAGEMENT, 'breakglass'),
      clock: { now: async () => new Date() },
      logger: { info: write('info'), warn: write('warn'), error: write('error') },
      pace: { perSecond: 1000, burst: 1000 },
      // Short pauses: what is tested is that calls are tried again, not how long it takes.
      random: () => 0.1,
      ...change,
    });
    this.#providers.push(provider);
    return provider;
  }

  /** A plan that ends `seconds` from now. */
  plan(change: Partial<PlanInput> = {}, seconds = 1800): Plan {
    return this.provider.plan(input({ plannedEnd: new Date(Date.now() + seconds * 1000), ...change }));
  }

  role(plan: Plan): LocalRole | undefined {
    return this.aws.roles(PRODUCTION).find(({ name }) => name === plan.name);
  }

  iam(credentials: SigningKeys): IAMClient {
    const client = new IAMClient({ endpoint: this.aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
    this.#clients.push(client);
    return client;
  }

  admin(): IAMClient {
    return this.iam(this.aws.keysOf(PRODUCTION, 'admin'));
  }

  signIn(person: 'alice' | 'eve', options: SignInOptions = {}): SigningKeys {
    return this.aws.signInAs(`arn:${this.partition}:${SSO}/${person}@example.com`, options);
  }

  /** AssumeRole of the plan's role as this person, for real. */
  async assume(
    plan: Pick<Plan, 'name'>,
    as: SigningKeys,
    input: Partial<AssumeRoleCommandInput> = {},
  ): Promise<SigningKeys> {
    // A second try, so that the SDK can sign anew by the server's clock.
    const sts = new STSClient({ endpoint: this.aws.url, region: 'eu-west-1', credentials: as, maxAttempts: 2 });
    this.#clients.push(sts);
    const answer = await sts.send(
      new AssumeRoleCommand({
        RoleArn: `arn:${this.partition}:iam::${PRODUCTION}:role/breakglass/${plan.name}`,
        RoleSessionName: 'bg-alice',
        ...input,
      }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }

  /** `ok` or AWS's error code for this session doing that now. */
  async may(session: SigningKeys, action: string, resource: string): Promise<string> {
    return (await simulate(this.aws.url, session, { action, resource, at: this.aws.now() })).code;
  }

  async close(): Promise<void> {
    for (const provider of this.#providers) provider.release();
    for (const client of this.#clients) client.destroy();
    await this.aws.close();
  }
}

/** The code a call was refused with: ours or the wire's. `allowed` where it was not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'allowed';
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    if ('code' in error && typeof error.code === 'string') return error.code;
    return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
  }
}

/** Time enough for anything here. */
export const soon = (): AbortSignal => AbortSignal.timeout(60_000);
