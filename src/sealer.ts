import { endpointsOf } from './clouds/aws/policy/endpoints.ts';
import { loadSealConfig, type SealConfig, SettingsProblem } from './config.ts';
import { CADENCE, type Cadence } from './core/audit/checkpoint.ts';
import type { Egress } from './egress/open-egress.ts';
import { egressOf } from './egress.ts';
import { makeLogger } from './logger.ts';
import type { Ledger } from './ports/ledger.ts';
import type { Logger } from './ports/logger.ts';
import type { Anchor } from './seal/anchor.ts';
import { fileAnchor } from './seal/anchors/file.ts';
import { readSealKey, type SealKey } from './seal/keys.ts';
import { startSealer } from './seal/sealer.ts';
import { assertLoopback } from './store/embedded/loopback.ts';
import { openLedger } from './store/open-ledger.ts';
import { watchSessions } from './watch-sessions.ts';

export interface SealerOptions {
  readonly env: NodeJS.ProcessEnv;
  /** For tests only: a shorter cadence. Refused unless database, chat and bucket resolve to loopback. */
  readonly lowered?: { readonly cadence: Cadence };
}

/**
 * Wires the sealer by hand: the process that signs the log and brings what it signed outside. It knows no policy, no
 * cloud account and nobody's chat, and web and worker know neither its key nor its anchors.
 */
export async function sealer({ env, lowered }: SealerOptions): Promise<{ stop(): Promise<void> }> {
  const config = loadSealConfig(env);
  const logger = makeLogger(config.LOG_LEVEL);
  if (lowered !== undefined) {
    const chat = config.SLACK_API_URL ?? (config.SEAL_SLACK_TOKEN ? ['https://slack.com/api/'] : []);
    const clouds = endpointsOf(env, ['S3']);
    const bucket = config.SEAL_BUCKET && clouds.length === 0 ? ['https://s3.amazonaws.com'] : [];
    await assertLoopback([config.SEAL_DATABASE_URL, chat, bucket, ...clouds].flat());
  }
  const current = await keyFrom('SEAL_KEY_FILE', config.SEAL_KEY_FILE);
  const nextFile = config.SEAL_NEXT_KEY_FILE;
  const next = nextFile === undefined ? undefined : await keyFrom('SEAL_NEXT_KEY_FILE', nextFile);

  const egress = lowered === undefined ? await egressOf(env) : undefined;
  const ledger = openLedger({ url: config.SEAL_DATABASE_URL, logger });
  const watch = watchSessions({ readBack: ledger.readBack, logger });
  try {
    const problems = await watch.first;
    if (problems.length > 0) throw new SettingsProblem(problems);
    const excess = await ledger.excessPrivileges();
    if (excess !== undefined) throw new SettingsProblem([`SEAL_DATABASE_URL: ${excess}`]);
    const anchors = await anchorsOf(config, ledger, egress);
    await checkAnchors(anchors, logger);
    const cadence = lowered?.cadence ?? CADENCE;
    const running = startSealer({ ledger, keys: { current, next }, anchors, cadence, logger });
    await running.first;
    logger.info({ role: 'seal', key: current.fingerprint, anchors: anchors.map(({ name }) => name) }, 'ready');
    return {
      stop: async () => {
        watch.stop();
        await running.stop();
        await ledger.close();
        await egress?.close();
      },
    };
  } catch (error) {
    watch.stop();
    await ledger.close();
    await egress?.close();
    throw error;
  }
}

const keyFrom = (setting: string, file: string): Promise<SealKey> =>
  readSealKey(file).catch((error: Error) => {
    throw new SettingsProblem([`${setting}: ${error.message}`]);
  });

/** The SDKs of bucket and channel are loaded only where there is one. */
async function anchorsOf(config: SealConfig, ledger: Ledger, egress: Egress | undefined): Promise<readonly Anchor[]> {
  const anchors: Anchor[] = [];
  if (config.SEAL_ANCHOR_FILE !== undefined) anchors.push(fileAnchor(config.SEAL_ANCHOR_FILE));
  if (config.SEAL_BUCKET !== undefined && config.SEAL_RETENTION_DAYS !== undefined) {
    const { s3Anchor } = await import('./seal/anchors/s3.ts');
    const { SEAL_BUCKET: bucket, SEAL_BUCKET_PREFIX: prefix, SEAL_RETENTION_DAYS: retentionDays } = config;
    anchors.push(s3Anchor({ bucket, prefix, retentionDays, now: ledger.now, agents: egress?.agents }));
  }
  if (config.SEAL_SLACK_TOKEN !== undefined && config.SEAL_SLACK_CHANNEL !== undefined) {
    const { slackAnchor } = await import('./seal/anchors/slack.ts');
    const { SEAL_SLACK_TOKEN: token, SEAL_SLACK_CHANNEL: channel, SLACK_API_URL: apiUrl } = config;
    anchors.push(slackAnchor({ token, channel, apiUrl }));
  }
  return anchors;
}

/** Settings that cannot be right stop the start; a place that does not answer now is asked again with every checkpoint. */
async function checkAnchors(anchors: readonly Anchor[], logger: Logger): Promise<void> {
  if (anchors.length === 0) {
    logger.warn({}, 'no anchor is set: whoever holds database and key can write the log anew, and nobody could tell');
  } else if (anchors.every(({ memory, at }) => memory === undefined && at === undefined)) {
    logger.warn(
      {},
      'no anchor can be asked what was signed: set a file or a bucket too, or a database that was rolled back before this start is signed on',
    );
  }
  for (const anchor of anchors) {
    const wrong = await anchor.check().catch((error: unknown) => {
      logger.warn({ anchor: anchor.name, why: String(error) }, 'an anchor does not answer; it is asked again');
      return undefined;
    });
    if (wrong !== undefined) throw new SettingsProblem([`${anchor.name}: ${wrong}`]);
  }
}
