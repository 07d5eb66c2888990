import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MainOptions } from '../../src/main.ts';
import type { SealerOptions } from '../../src/sealer.ts';

const entry = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const MOVABLE_CLOCK = new URL('./movable-clock.mjs', import.meta.url).href;
/** Characters of a log that say why a process ended. */
const LAST_WORDS = 4_000;
const READY_MS = 60_000;

let warned = false;

/** Tests of what was built say so, once, where something newer was written since. */
function warnIfStale(): void {
  if (warned) return;
  warned = true;
  const built = statSync(BUILT).mtimeMs;
  const newer = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('generated'))
    .find((name) => statSync(`${SOURCES}/${name}`).mtimeMs > built);
  if (newer !== undefined) console.warn(`dist/ is older than src/${newer}: "npm run build" first, to test that`);
}

/** A process of the built product. */
export interface BotProcess {
  /** Where it listens, if it answers a chat. */
  readonly url: string | undefined;
  /** What it wrote so far: its log, one JSON a line. */
  log(): string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and does nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** The last that it wrote, if it ended though nobody here ended it. */
  endedByItself(): string | undefined;
  /** Moves its own clock so far from the right time, in milliseconds. Only where it was started with `clock`. */
  moveClock(offsetMs: number): void;
  /** SIGTERM; resolves with its exit code when it has let go of everything. */
  stop(): Promise<number | null>;
}

/**
 * Starts the product from `dist/` in a process of its own and waits until it is ready. Rejects with its log if it ends.
 * @param clock `movable`: its `Date` can be moved while it runs
 */
export const startBot = ({ env, ...rest }: MainOptions, clock?: 'movable'): Promise<BotProcess> =>
  startBuilt('./bot.mjs', { ...env, BREAKGLASS_TEST_BOT: JSON.stringify(rest) }, clock);

/** The same for the sealer, which listens nowhere. */
export const startSealer = ({ env, ...rest }: SealerOptions): Promise<BotProcess> =>
  startBuilt('./sealer.mjs', { ...env, BREAKGLASS_TEST_SEALER: JSON.stringify(rest) });

async function startBuilt(name: string, env: NodeJS.ProcessEnv, clock?: 'movable'): Promise<BotProcess> {
  if (!existsSync(BUILT)) throw new Error('dist/ is missing: run "npm run build" first');
  warnIfStale();
  const child = fork(entry(name), [], {
    // Jest's own flags are not the product's.
    execArgv: clock === 'movable' ? ['--import', MOVABLE_CLOCK] : [],
    env: { PATH: process.env.PATH, ...env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(String(chunk)));
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await ready(child, gone, () => said.join(''));
  let told = false;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    url,
    log: () => said.join(''),
    endedByItself: () =>
      hasEnded() && !told
        ? `exit ${child.exitCode ?? child.signalCode}: ${said.join('').slice(-LAST_WORDS)}`
        : undefined,
    kill: async () => {
      if (!hasEnded()) {
        told = true;
        child.kill('SIGKILL');
      }
      await gone;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    // One that has just ended has no clock any more; that it ended is for `endedByItself`.
    moveClock: (offsetMs) => {
      if (child.connected) child.send({ clockOffsetMs: offsetMs }, () => undefined);
    },
    stop: () => {
      told ||= !hasEnded();
      child.kill('SIGTERM');
      return gone;
    },
  };
}

function ready(child: ChildProcess, gone: Promise<unknown>, log: () => string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the process was not ready within ${READY_MS} ms:\n${log()}`));
    }, READY_MS);
    child.once('message', (message: { readonly url?: string }) => {
      clearTimeout(timer);
      resolve(message.url);
    });
    gone.then(() => {
      clearTimeout(timer);
      reject(new Error(`the process ended before it was ready:\n${log()}`));
    }, reject);
  });
}
