import { parse, stringify } from 'yaml';
import type { Adapters } from '../../src/adapters.ts';
import { DEMO_FLOORS } from '../../src/demo/overlay.ts';
import { demoPolicy, openStage, type Stage } from '../../src/demo/stage.ts';
import { type MainOptions, main, type Running } from '../../src/main.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { policyInSeconds, SECONDS_FLOORS } from './seconds.ts';

export interface Product {
  readonly stage: Stage;
  readonly database: TestDatabase;
  readonly running: Running;
  /** Stops the bot and starts it anew on the same database, workspace and cloud. */
  restart(change?: Partial<MainOptions> & { readonly env?: NodeJS.ProcessEnv }): Promise<void>;
  close(): Promise<void>;
}

export interface ProductOptions {
  readonly redisUrl?: string | undefined;
  readonly role?: MainOptions['role'];
  /** Socket Mode instead of signed HTTP. */
  readonly socket?: boolean;
  /** The database is a copy of another installation's, not yet adopted. */
  readonly copied?: boolean;
  /** Settings besides those of the stage. */
  readonly env?: NodeJS.ProcessEnv;
  /** Offers windows of so many seconds, for a test that waits for the end of one. */
  readonly windowSeconds?: number;
  /** Besides the usual lowered settings. */
  readonly lowered?: Partial<NonNullable<MainOptions['lowered']>>;
  /** Changes the demo's policy, as an object, before it is written. */
  readonly policy?: (document: Record<string, unknown>) => void;
  /** More than there are, and what the product's policy says of them; workspace and cloud never hear of it. */
  readonly more?: { readonly adapters: Adapters; readonly policy: (document: Record<string, unknown>) => void };
}

/** The whole product against a local workspace and a local AWS, on a database of its own. */
export async function openProduct(options: ProductOptions = {}): Promise<Product> {
  const { windowSeconds } = options;
  const floors = windowSeconds === undefined ? DEMO_FLOORS : SECONDS_FLOORS;
  const short = { openingAllowanceSeconds: 8, propagationSeconds: 1 };
  const usualText = await (windowSeconds === undefined ? demoPolicy() : policyInSeconds([windowSeconds], short));
  const document = parse(usualText) as Record<string, unknown>;
  options.policy?.(document);
  const stageText = stringify(document);
  options.more?.policy(document);
  const policyText = stringify(document);
  const [stage, database] = await Promise.all([
    openStage({ policyText: stageText, floors }),
    freshDatabase({ copied: options.copied ?? false }),
  ]);
  const { SLACK_SIGNING_SECRET, ...others } = stage.env;
  const env = {
    ...others,
    ...(options.socket ? { SLACK_APP_TOKEN: stage.slack.app.appToken } : { SLACK_SIGNING_SECRET }),
    ...(options.redisUrl ? { REDIS_URL: options.redisUrl } : {}),
    DATABASE_URL: database.appUrl,
    PORT: '0',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    ...options.env,
  };
  // The AWS SDK reads its settings from the process itself.
  Object.assign(process.env, stage.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  const usual: MainOptions = {
    env,
    role: options.role ?? 'all',
    file: 'breakglass.yaml',
    ...(options.more === undefined ? {} : { adapters: options.more.adapters }),
    lowered: { floors, sweepMs: 5_000, policyText, rehearse: false, ...options.lowered },
  };
  const start = async (change: Partial<MainOptions> = {}): Promise<Running> => {
    const running = await main({ ...usual, ...change, env: { ...env, ...change.env } });
    if (running.url !== undefined && !options.socket) stage.slack.connectApp(`${running.url}/slack/events`);
    return running;
  };
  let running = await start();
  return {
    stage,
    database,
    get running() {
      return running;
    },
    restart: async (change) => {
      await running.stop();
      running = await start(change);
    },
    close: async () => {
      await running.stop();
      await stage.close();
      await database.drop();
    },
  };
}
