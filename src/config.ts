import { z } from 'zod';

const secret = z.string().min(16, 'must be at least 16 characters');
const postgres = z
  .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' })
  .transform((url) => verified(url));
const http = z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' });

/** What carries a secret goes encrypted, save on this machine. */
const safe = z
  .url({
    protocol: /^https?$/,
    hostname: /./,
    error: 'must be an https:// address',
  })
  .refine((url) => url.startsWith('https:') || isOnLoopback(url), 'must be an https:// address');
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const isOnLoopback = (url: string): boolean => URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);

const port = z.coerce.number().int().min(0).max(65_535);

const Settings = z.object({
  /** The app's database role: owns nothing, creates nothing, and on events may only SELECT and INSERT. */
  DATABASE_URL: postgres,
  /** BullMQ on Redis. Without it, on its PostgreSQL backend in the same database. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' }).optional(),
  SLACK_BOT_TOKEN: z.string().startsWith('xoxb-', 'must start with xoxb-').optional(),
  /** The app's id, as Slack shows it under Basic Information: clicks for any other app do not count. */
  SLACK_APP_ID: z
    .string()
    .regex(/^A[A-Z0-9]+$/, 'must be an app id like A012ABCD')
    .optional(),
  /** For the HTTP receiver. */
  SLACK_SIGNING_SECRET: secret.optional(),
  /** For Socket Mode. With it no public address is needed. */
  SLACK_APP_TOKEN: z.string().startsWith('xapp-', 'must start with xapp-').optional(),
  SLACK_API_URL: http.optional(),
  HOST: z.string().default('0.0.0.0'),
  PORT: port.default(3000),
  /** Where a worker listens, if it shall. Its own: on one machine it must never take PORT from who answers the chat. */
  HEALTH_PORT: port.optional(),
  /** Bearer tokens for HTTP sources of people and incidents. */
  DIRECTORY_TOKEN: z.string().min(1).optional(),
  INCIDENTS_TOKEN: z.string().min(1).optional(),
  /** PagerDuty's Events API v2, to page when an ending keeps failing: a secret. */
  PAGERDUTY_ROUTING_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{32}$/, 'must be the 32 letters and digits of an Events API v2 integration key')
    .optional(),
  PAGERDUTY_URL: safe.default('https://events.pagerduty.com'),
  /** A webhook that is paged too, and the secret that signs what it is sent. */
  PAGE_WEBHOOK_URL: safe.optional(),
  PAGE_WEBHOOK_SECRET: secret.optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

const SLACK_NAMES = ['SLACK_BOT_TOKEN', 'SLACK_APP_ID', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'] as const;

/** Does the environment name a Slack app? Half of one counts: it is a mistake, and is said. */
export const isSlackNamed = (env: NodeJS.ProcessEnv): boolean => SLACK_NAMES.some((name) => env[name]);

type Half = Partial<z.infer<typeof Settings>>;

/** What is missing is said beside what is wrong: of settings that do not fit, too, it is asked which are there. */
const needs = (path: keyof Half, message: string) => ({ path: [path], error: message, when: () => true });

const SIGNED = 'is required too: a webhook is paged with a signature or not at all';
const WithoutSlack = Settings.refine(
  (env: Half) => env.PAGE_WEBHOOK_URL !== undefined || env.PAGE_WEBHOOK_SECRET === undefined,
  needs('PAGE_WEBHOOK_URL', SIGNED),
).refine(
  (env: Half) => env.PAGE_WEBHOOK_SECRET !== undefined || env.PAGE_WEBHOOK_URL === undefined,
  needs('PAGE_WEBHOOK_SECRET', SIGNED),
);

/** All of them are needed where there is a Slack app, but one of the last two. */
const WithSlack = WithoutSlack.refine(
  (env: Half) => env.SLACK_BOT_TOKEN !== undefined,
  needs('SLACK_BOT_TOKEN', 'is required'),
)
  .refine((env: Half) => env.SLACK_APP_ID !== undefined, needs('SLACK_APP_ID', 'is required'))
  .refine(
    (env: Half) => env.SLACK_SIGNING_SECRET !== undefined || env.SLACK_APP_TOKEN !== undefined,
    needs(
      'SLACK_SIGNING_SECRET',
      'or SLACK_APP_TOKEN is required: Slack must be able to reach the bot, by HTTP or by Socket Mode',
    ),
  );

export type Config = Readonly<z.infer<typeof Settings>>;

/**
 * Reads the environment once, at start, and reports every problem in one go. Names only, never values: the log of a
 * failed start is where a half-right secret would leak.
 * @param chatElsewhere The environment names another chat than Slack, which may then be left out altogether
 */
export function loadConfig(env: NodeJS.ProcessEnv, { chatElsewhere = false } = {}): Config {
  const needed = !chatElsewhere || isSlackNamed(env);
  return checked(needed ? WithSlack : WithoutSlack, env, Object.keys(Settings.shape));
}

const SealSettings = z.object({
  /** The sealer's database role: reads events, adds checkpoints, and nothing else. */
  SEAL_DATABASE_URL: postgres,
  /** Ed25519 private key in PEM, which nobody else may read. */
  SEAL_KEY_FILE: z.string(),
  /** The key that shall sign from the next checkpoint on: a rotation. */
  SEAL_NEXT_KEY_FILE: z.string().optional(),
  SEAL_ANCHOR_FILE: z.string().optional(),
  SEAL_BUCKET: z.string().optional(),
  SEAL_BUCKET_PREFIX: z.string().default(''),
  SEAL_RETENTION_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
  /** A bot token of its own. */
  SEAL_SLACK_TOKEN: z.string().startsWith('xoxb-', 'must start with xoxb-').optional(),
  SEAL_SLACK_CHANNEL: z
    .string()
    .regex(/^[CG][A-Z0-9]+$/, 'must be a channel id such as C0123ABCD, not its name')
    .optional(),
  ...Settings.pick({ SLACK_API_URL: true, LOG_LEVEL: true }).shape,
});

const Together = SealSettings.superRefine((env, issues) => {
  const need = (path: keyof typeof env, message: string) => issues.addIssue({ code: 'custom', path: [path], message });
  if (env.SEAL_BUCKET !== undefined && env.SEAL_RETENTION_DAYS === undefined) {
    need('SEAL_RETENTION_DAYS', 'is required with SEAL_BUCKET: for how many days each checkpoint is locked');
  }
  if ((env.SEAL_SLACK_TOKEN === undefined) !== (env.SEAL_SLACK_CHANNEL === undefined)) {
    need('SEAL_SLACK_CHANNEL', 'and SEAL_SLACK_TOKEN are set together or not at all');
  }
});

export type SealConfig = Readonly<z.infer<typeof SealSettings>>;

/** The sealer's settings, reported in the same way. */
export function loadSealConfig(env: NodeJS.ProcessEnv): SealConfig {
  return checked(Together, env, Object.keys(SealSettings.shape));
}

/** One database address for a command of the CLI that needs nothing else. */
export function databaseUrl(
  env: NodeJS.ProcessEnv,
  name: 'DATABASE_URL' | 'DATABASE_OWNER_URL' | 'SEAL_DATABASE_URL',
): string {
  const wrapped = wrappedSettings(env, [name]);
  if (wrapped.length > 0) throw new SettingsProblem(wrapped);
  const parsed = postgres.safeParse(env[name]);
  if (parsed.success) return parsed.data;
  throw new SettingsProblem([`${name}: ${env[name] ? 'must be a postgres:// address' : 'is required'}`]);
}

/** What the AWS SDK reads from the environment by itself. @see https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html */
const READ_BY_SDK = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_S3',
] as const;

/** The settings as the schema reads them; every problem in one error, and only one line for each setting. */
function checked<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv, names: readonly string[]): Readonly<T> {
  const wrapped = wrappedSettings(env, [...names, ...READ_BY_SDK]);
  const parsed = schema.safeParse(blankAsMissing(env));
  const issues = parsed.success ? [] : parsed.error.issues;
  const placed = ({ path }: (typeof issues)[number]): number => names.indexOf(path.join('.'));
  const misfits = issues
    .toSorted((a, b) => placed(a) - placed(b))
    .filter(({ path }) => !wrapped.some((line) => line.startsWith(`${path.join('.')}:`)))
    // In our own words: a setting that is not there has no type that could be wrong.
    .map(
      ({ path, message, code }) =>
        `${path.join('.')}: ${code === 'invalid_type' && !env[path.join('.')] ? 'is required' : message}`,
    );
  if (parsed.success && wrapped.length === 0) return Object.freeze(parsed.data);
  throw new SettingsProblem([...wrapped, ...misfits]);
}

/**
 * Settings with white space, a character that nobody sees or a quote at an end: `echo` adds the end of a line, and Docker's
 * env-file keeps quotes as they are. A secret of that kind looks right and is refused by everybody it is shown to.
 * @see https://docs.docker.com/reference/cli/docker/container/run/#env
 */
const wrappedSettings = (env: NodeJS.ProcessEnv, names: readonly string[]): readonly string[] =>
  names
    .filter((name) => /^[\s\p{Cc}\p{Cf}"'`\u2018-\u201f]|[\s\p{Cc}\p{Cf}"'`\u2018-\u201f]$/u.test(env[name] ?? ''))
    .map((name) => `${name}: begins or ends with white space or a quote: write the value alone`);

/** What is wrong with the environment, one line a setting. */
export class SettingsProblem extends Error {
  override readonly name = 'SettingsProblem';

  constructor(lines: readonly string[]) {
    super(
      `Cannot start. ${lines.length} setting(s) to fix in the environment:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    );
  }
}

/** Compose files pass unset variables as empty strings: those are missing, not malformed. */
const blankAsMissing = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));

/** What the Slack side is told of all this, where the settings name a Slack app. */
export const slackSettings = (config: Config) => ({
  botToken: config.SLACK_BOT_TOKEN ?? '',
  appId: config.SLACK_APP_ID ?? '',
  signingSecret: config.SLACK_SIGNING_SECRET,
  appToken: config.SLACK_APP_TOKEN,
  apiUrl: config.SLACK_API_URL,
});

/** What the pagers are told of all this. */
export const pagerSettings = (config: Config) => ({
  pagerDuty:
    config.PAGERDUTY_ROUTING_KEY === undefined
      ? undefined
      : { routingKey: config.PAGERDUTY_ROUTING_KEY, url: config.PAGERDUTY_URL },
  webhook:
    config.PAGE_WEBHOOK_URL === undefined || config.PAGE_WEBHOOK_SECRET === undefined
      ? undefined
      : { url: config.PAGE_WEBHOOK_URL, secret: config.PAGE_WEBHOOK_SECRET },
});

/**
 * The same address with `sslmode=verify-full` where a weaker word stands. The driver reads `prefer`, `require` and `verify-ca`
 * so already, with a warning; its next version will not, and a certificate that nobody verifies lets anybody be the
 * database. Whoever wants the weak meaning says `uselibpqcompat=true` or `sslmode=no-verify`.
 * @see https://node-postgres.com/features/ssl
 */
function verified(address: string): string {
  const url = new URL(address);
  const weak = /^(prefer|require|verify-ca)$/.test(url.searchParams.get('sslmode') ?? '');
  if (!weak || url.searchParams.get('uselibpqcompat') === 'true') return address;
  url.searchParams.set('sslmode', 'verify-full');
  return url.href;
}

/**
 * Keeps installations apart that share one Redis. What stands in braces alone chooses the slot, so a server in cluster mode
 * has all keys of an installation in one place. @see https://docs.bullmq.io/bull/patterns/redis-cluster
 */
export const queuePrefix = (installationId: string): string => `{bg-${installationId}}`;
