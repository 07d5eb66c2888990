import type { PolicyInForce, Store } from '../ports/store.ts';
import type { Finding, Part } from './monitor.ts';

const good = (says: string): Finding => ({ state: 'good', says });
const red = (says: string): Finding => ({ state: 'red', says });
const elsewhere = (says: string): Finding => ({ state: 'elsewhere', says });
const seconds = (ms: number): string => `${Math.max(0, Math.round(ms / 1000))} s`;

/** What is asked of our own database with each look costs a few short statements, so it is asked when somebody asks. */
const NEAR_MS = 2_000;
/** What somebody else answers is not asked more often, however often we are. */
const FAR_MS = 60_000;

/** A past that lies further ahead than this was written by another clock: its age says nothing. */
const AHEAD_MS = 5_000;

/** After so many intervals without a sweep nobody sweeps. */
const SWEEPS_MISSED = 3;

export const databasePart = ({ ping }: Pick<Store, 'ping'>): Part => ({
  name: 'database',
  serves: true,
  keptMs: NEAR_MS,
  unanswered: 'The database does not answer.',
  look: async () => {
    await ping();
    return good('The database answers.');
  },
});

/** Asks the database, by the clock that decides everything, what the time is. */
export const clockPart = ({ clock }: Pick<Store, 'clock'>): Part => ({
  name: 'clock',
  keptMs: NEAR_MS,
  unanswered: "The database's clock cannot be read: nothing opens, and endings wait for the cloud's own date.",
  look: async () => {
    const now: unknown = await clock.now();
    return now instanceof Date && !Number.isNaN(now.getTime())
      ? good("The database's clock can be read.")
      : red("The database's clock reads no date: nothing opens, and endings wait for the cloud's own date.");
  },
});

/**
 * Whether PostgreSQL's sessions are ours alone, with the settings that we need. Asks nobody: whoever watches them looks by
 * itself, and at once where one is doubted.
 * @param off Why nothing may be opened by what they were when they were last read back, or were not yet; or undefined
 */
export const sessionsPart = (off: () => string | undefined): Part => ({
  name: 'sessions',
  keptMs: 0,
  unanswered: 'The database sessions cannot be read back, so nothing is opened.',
  look: async () =>
    off() === undefined
      ? good('The database sessions are ours alone, and as they must be.')
      : red('Nothing is opened: the database sessions are not ours alone, or not as they must be. The log says what.'),
});

/** Whoever sweeps, in whichever process. */
export const sweepPart = ({ lastSweep }: Pick<Store, 'lastSweep'>): Part => ({
  name: 'sweep',
  keptMs: NEAR_MS,
  unanswered: 'When the last sweep was cannot be read from the database.',
  look: async () => {
    const last = await lastSweep();
    if (last === undefined) return red('No worker has swept yet: start one.');
    if (last.agoMs < -AHEAD_MS) {
      return red(`The last sweep is dated ${seconds(-last.agoMs)} ahead of the database's clock: look at that clock.`);
    }
    const said = `The last sweep came to its end ${seconds(last.agoMs)} ago`;
    return last.agoMs > SWEEPS_MISSED * last.everyMs
      ? red(`${said}, and one is due every ${seconds(last.everyMs)}: look at the workers.`)
      : good(`${said}.`);
  },
});

/** The reason why nothing may be opened by this database, or by our rights in it. */
export const installationPart = ({
  installation,
  excessPrivileges,
}: Pick<Store, 'installation' | 'excessPrivileges'>): Part => ({
  name: 'installation',
  serves: true,
  keptMs: NEAR_MS,
  unanswered: 'Whose database this is cannot be read.',
  look: async () => {
    const { copy } = await installation();
    if (copy !== undefined) return red('This database is a copy of another installation: run "breakglass adopt".');
    if ((await excessPrivileges()) === undefined) return good('This database is the installation itself.');
    return red('Nothing is opened: the database role may do more than it needs. The log says what.');
  },
});

/** @param openingOff Why this process opens nothing, as it was settled at its start */
export const policyPart = (
  policyInForce: () => Promise<PolicyInForce | undefined>,
  openingOff: () => string | undefined,
): Part => ({
  name: 'policy',
  serves: true,
  keptMs: NEAR_MS,
  unanswered: 'The policy in force cannot be read.',
  look: async () => {
    const inForce = await policyInForce();
    if (inForce === undefined) return red('No policy is in force: run "breakglass apply FILE".');
    if (openingOff() !== undefined) {
      return red("Nothing is opened: this process's own policy file is wrong. Mend it and restart.");
    }
    return inForce.doubt === undefined
      ? good(`Policy ${inForce.number} is in force.`)
      : red(`Nothing is opened by policy ${inForce.number}: the log says why. Run "breakglass apply FILE".`);
  },
});

/** From which age on an event should have been sealed: several looks of a sealer. */
const UNSEALED_MS = 5 * 60_000;

/** @param gapMs The longest that the log may go unsigned while nothing happens */
export const sealerPart = ({ sealingLag }: Pick<Store, 'sealingLag'>, gapMs: number): Part => ({
  name: 'sealer',
  keptMs: NEAR_MS,
  unanswered: 'When the log was last signed cannot be read.',
  look: async () => {
    const lag = await sealingLag(UNSEALED_MS);
    if (lag === undefined) return elsewhere('No sealer has ever signed this log.');
    if (lag.silentMs < -AHEAD_MS) {
      return red(
        `The log was last signed ${seconds(-lag.silentMs)} ahead of the database's clock: look at that clock.`,
      );
    }
    const said = `The log was last signed ${seconds(lag.silentMs)} ago`;
    if (lag.unsealed) return red(`${said}, and has events that are not signed: look at the sealer.`);
    return lag.silentMs > gapMs ? red(`${said}: look at the sealer.`) : good(`${said}.`);
  },
});

/** The most that a due job may have waited, in milliseconds. */
const WAITED_MS = 60_000;

/**
 * @param waitedMs For how long the due job that waits longest has waited, in milliseconds; 0 where none waits. Rejects
 *   where the queue does not answer
 */
export const queuePart = (waitedMs: () => Promise<number>): Part => ({
  name: 'queue',
  keptMs: NEAR_MS,
  unanswered: 'The queue does not answer: the sweep ends what is due, once a minute.',
  look: async () => {
    const waited = await waitedMs();
    return waited >= WAITED_MS
      ? red(`A job that is due has waited ${seconds(waited)}: look at the workers.`)
      : good('No job that is due has waited a minute.');
  },
});

/**
 * One of the chats: people are served as long as any of them is well.
 * @param trouble Why the chat takes nothing from us or brings us nothing, in words for the page, or undefined
 */
export const chatPart = (name: string, trouble: () => Promise<string | undefined>): Part => ({
  name: `chat_${name}`,
  slow: true,
  serves: true,
  group: 'chat',
  keptMs: FAR_MS,
  unanswered: 'The chat does not answer.',
  look: async () => {
    const why = await trouble();
    return why === undefined ? good('The chat answers, and knows us.') : red(why);
  },
});

/**
 * @param identity Rejects where the cloud does not take our credentials, or there are none; false where no policy names
 *   an account to ask about. Undefined in a process that calls no cloud
 */
export const cloudPart = (identity: (() => Promise<boolean>) | undefined): Part => ({
  name: 'cloud',
  slow: true,
  keptMs: FAR_MS,
  unanswered:
    "This process cannot get its cloud credentials: nothing opens, and endings wait for the cloud's own date.",
  look: async () => {
    if (identity === undefined) return elsewhere('This process calls no cloud: a worker says it.');
    return (await identity()) ? good('The cloud knows this process.') : elsewhere('No policy names an account.');
  },
});

/**
 * @param port The setting
 * @param isListening Is this process heard there?
 */
export const listeningPart = (port: 'PORT' | 'HEALTH_PORT', isListening: () => boolean): Part => ({
  name: 'listening',
  serves: true,
  keptMs: 0,
  unanswered: `HOST and ${port} are not listened on.`,
  look: async () =>
    isListening() ? good(`HOST and ${port} are listened on.`) : red(`HOST and ${port} are not listened on.`),
});
