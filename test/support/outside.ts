import type { Broker } from '../../src/broker/broker.ts';
import { awsProvider } from '../../src/clouds/aws/role/provider.ts';
import { Failure } from '../../src/core/failure.ts';
import { type WorkName, workFor } from '../../src/core/request/work.ts';
import type { DirectorySource } from '../../src/ports/directory.ts';
import type { IncidentSource } from '../../src/ports/incidents.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { Provider } from '../../src/ports/provider.ts';
import type { Store } from '../../src/ports/store.ts';

/** What can be made to fail, and how far the clock is ahead. */
export interface Levers {
  directoryDown: boolean;
  incidentsDown: boolean;
  cloudRefuses: boolean;
  aheadMs: number;
  /** Who is on call for `platform`, where that is not the policy's. */
  onCall?: readonly string[] | undefined;
  /** Nobody is told that it takes long: a busy machine is no promise broken. */
  patient: boolean;
}

/** Directory and incidents by the policy in force, as the levers let them be. */
export function sourcesOf(levers: Levers): { readonly directory: DirectorySource; readonly incidents: IncidentSource } {
  const directory: DirectorySource = {
    read: async ({ people, teams, onCall }) => {
      if (levers.directoryDown) throw new Error('the directory is down');
      const platform = levers.onCall ?? onCall.platform ?? [];
      return { directory: { people, teams, onCall: { ...onCall, platform } }, ageMs: 0 };
    },
  };
  const incidents: IncidentSource = {
    find: async ({ incidentList }, id) => {
      if (levers.incidentsDown) throw new Error('the incident source is down');
      const known = incidentList.find((one) => one.id === id || id.startsWith(`${one.id}.`));
      return { incident: known === undefined ? 'not_found' : { ...known, id }, ageMs: 0 };
    },
    probe: async () => {
      if (levers.incidentsDown) throw new Error('the incident source is down');
    },
  };
  return { directory, incidents };
}

/** What is due at once, whatever waits for an end. */
export const NOW_NAMES: readonly WorkName[] = [
  'invite',
  'lapse',
  'grant',
  'warn',
  'expire',
  'revoke',
  'verify_sessions',
  'extend',
  'lapse_extension',
  'draw',
  'post',
];

/** Does all work that is due, as the queue would, until none of these names is left. */
export async function workOff(store: Store, broker: Broker, names: readonly WorkName[]): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const now = await store.clock.now();
    const rows = new Map(
      [...(await store.due(now, 100)), ...(await store.pendingNotifications(100))].map((row) => [
        row.request.details.id,
        row,
      ]),
    );
    const due = [...rows.values()]
      .flatMap((row) => workFor(row))
      .filter(({ name, dueAt }) => dueAt <= now && names.includes(name));
    if (due.length === 0) return;
    for (const one of due) await broker.perform(one, AbortSignal.timeout(20_000));
  }
}

/** Plans as the real provider does, and says of the cloud what the levers say. Opening itself is not this room's business. */
export function standIn(levers: Levers, store: Store, logger: Logger): Provider {
  const real = awsProvider({ clock: store.clock, logger });
  return {
    ...real,
    read: async () => ({ offsetMs: 0, room: [{ what: 'roles', used: 1, quota: 1000 }], changedDefinitions: [] }),
    open: async () => undefined,
    extend: async () => {
      if (levers.cloudRefuses) throw new Failure('PROVIDER_CONFLICT', 'it is not what was opened');
    },
    close: async () => {
      if (levers.cloudRefuses) throw new Failure('PROVIDER_UNAVAILABLE', 'the cloud is down');
      return { hashes: { revoked: 'c'.repeat(64) } };
    },
    isEnded: async () => true,
    observe: async (plan) => {
      const cloudTime = await store.clock.now();
      const pastEnd = cloudTime >= plan.plannedEnd;
      return { found: true, cloudTime, open: false, pastEnd, ended: true, nativeEndIntact: true, altered: [] };
    },
  };
}
