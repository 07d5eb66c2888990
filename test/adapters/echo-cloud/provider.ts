import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../../../src/core/canonical.ts';
import { Failure } from '../../../src/core/failure.ts';
import type { Alteration } from '../../../src/core/request/alteration.ts';
import type { Plan } from '../../../src/core/request/request.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Closed, Inspection, OpenProvider, PlanInput } from '../../../src/ports/provider.ts';
import { answered, type ClientOptions, EchoClient, passIn } from './client.ts';
import { badgeOf, CLOUD, ECHO, echoAccountOf, echoRoleOf } from './definition.ts';
import type { Pass } from './server.ts';

/** No writer that was held up is let go later than this after the planned end. */
const CLEAN_UP_MS = 30 * 60_000;
const PLACE = 'bg-';
/** Looks at what was just written, and the pause between them (milliseconds). */
const LOOKS = 5;
const PAUSE_MS = 20;

interface Detail {
  readonly hall: string;
  readonly badge: string;
  readonly door: string;
  readonly opens: readonly string[];
  readonly end: string;
  readonly label: string;
}
const detailOf = ({ provider, detail }: Plan): Detail => {
  if (provider !== CLOUD) throw new Failure('PROVIDER_REFUSED', `a plan of cloud "${provider}"`);
  return detail as unknown as Detail;
};

/** Whose a pass is: the installation, and the grant. */
const labelOf = ({ installationId, grantId }: PlanInput): string => `${installationId} ${grantId}`;
const ownerOf = ({ label }: Pass): Pick<Inspection, 'installationId' | 'grantId'> => {
  const [, installationId, grantId] = /^(\S+) (\S+)$/.exec(label) ?? [];
  return { installationId, grantId };
};

/** All that an ending leaves: nothing. */
const GONE = { removed: digestOf(null) };

/** Pure: what opening writes, and the hash of what ending leaves. */
export function planOf(input: PlanInput): Plan {
  const { terms } = input.details;
  const role = echoRoleOf(terms.role);
  const detail: Detail = {
    hall: echoAccountOf(terms.account).hall,
    badge: badgeOf(input.target.principal).number,
    door: role.door,
    opens: [...role.opens],
    end: new Date(input.plannedEnd.getTime() + input.offsetMs).toISOString(),
    label: labelOf(input),
  };
  return {
    provider: CLOUD,
    grantId: input.grantId,
    installationId: input.installationId,
    name: `${PLACE}${input.grantId.toLowerCase()}`,
    plannedEnd: input.plannedEnd,
    nativeEnd: 'scheduled',
    cleanUpAt: new Date(input.plannedEnd.getTime() + CLEAN_UP_MS),
    propagationSeconds: terms.timings.propagationSeconds,
    scope: ECHO.describe(role).scope,
    hashes: { pass: digestOf(detail), ...GONE },
    detail: { ...detail },
  };
}

const differences = (pass: Pass, wanted: Detail): readonly Alteration[] => [
  ...(pass.badge === wanted.badge && pass.hall === wanted.hall ? [] : [{ part: 'entry' } as const]),
  ...(pass.door === wanted.door ? [] : [{ part: 'permissions', name: pass.door } as const]),
  ...(pass.label === wanted.label ? [] : [{ part: 'labels' } as const]),
  ...(pass.end === wanted.end ? [] : [{ part: 'end' } as const]),
];

/** One pass a grant, and one a badge, door and hall: what ended leaves nothing, and no writer is locked out. */
export function echoProvider({ clock, ...options }: ClientOptions & { readonly clock: Clock }): OpenProvider {
  const client = new EchoClient(options);

  /** The pass under this name and the cloud's time; no pass where there is none. */
  const look = async (hall: string, name: string, signal: AbortSignal) => {
    try {
      const answer = await client.ask('look', { hall, name }, signal);
      return { pass: passIn(answer), at: answer.at };
    } catch (error) {
      if (answered(error, 'no_pass')) return { pass: undefined, at: undefined };
      throw error;
    }
  };
  const doorOf = async ({ hall, door, badge }: Detail, signal: AbortSignal) => {
    const { value, at } = await client.ask('door', { hall, door, badge }, signal);
    return {
      opens: value.opens as readonly string[],
      used: Number(value.used),
      quota: Number(value.quota),
      held: String(value.held),
      at,
    };
  };
  const conflict = (name: string, why: string) => new Failure('PROVIDER_CONFLICT', `pass ${name} ${why}`);

  /** Looks until `holds`. */
  async function readBack<T>(name: string, signal: AbortSignal, holds: () => Promise<T | undefined>): Promise<T> {
    for (let looked = 0; looked < LOOKS; looked += 1) {
      const seen = await holds();
      if (seen !== undefined) return seen;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
    }
    throw new Failure('READ_BACK_DIFFERS', `pass ${name}: the cloud does not show it yet`);
  }
  const refuseChanged = async (detail: Detail, signal: AbortSignal) => {
    const { opens } = await doorOf(detail, signal);
    if (digestOf(opens) !== digestOf(detail.opens))
      throw new Failure('PINNED_POLICY_CHANGED', `door ${detail.door} opens something else than was approved`);
  };
  const remove = async (hall: string, name: string, signal: AbortSignal, id?: string) => {
    await client.ask('remove', { hall, name, ...(id !== undefined && { id }) }, signal).catch((error: unknown) => {
      if (!answered(error, 'no_pass')) throw error;
    });
    await readBack(name, signal, async () => ((await look(hall, name, signal)).pass === undefined ? true : undefined));
  };

  const provider: OpenProvider = {
    cloud: CLOUD,
    read: async (target, terms, signal) => {
      if (target.account !== terms.account.id)
        throw new Failure('PROVIDER_REFUSED', 'the grant is for another account');
      const { door, opens } = echoRoleOf(terms.role);
      const { hall } = echoAccountOf(terms.account);
      const detail = { hall, door, opens, badge: badgeOf(target.principal).number, end: '', label: '' };
      const [seen, now] = await Promise.all([doorOf(detail, signal), clock.now()]);
      return {
        offsetMs: seen.at - now.getTime(),
        room: [{ what: 'passes', used: seen.used, quota: seen.quota }],
        changedDefinitions: digestOf(seen.opens) === digestOf(opens) ? [] : [`door ${door}`],
        ...(seen.held !== '' && { heldAs: seen.held }),
      };
    },
    plan: planOf,
    open: async (plan, signal, untried = false) => {
      const { opens: _opens, ...wanted } = detailOf(plan);
      const detail = detailOf(plan);
      const { name } = plan;
      const before = untried ? undefined : (await look(detail.hall, name, signal)).pass;
      if (before === undefined) await client.ask('assign', { ...wanted, name }, signal);
      await readBack(name, signal, async () => {
        const { pass } = await look(detail.hall, name, signal);
        // It was written: whoever does not find it was ended.
        if (pass === undefined) throw conflict(name, 'was ended already');
        if (differences(pass, detail).length > 0) throw conflict(name, 'is not what was planned');
        return pass;
      });
      await refuseChanged(detail, signal);
    },
    extend: async (from, to, signal) => {
      const [old, detail] = [detailOf(from), detailOf(to)];
      const { name } = to;
      const isDone = (pass: Pass) => differences(pass, detail).length === 0;
      const found = await readBack(name, signal, async () => (await look(detail.hall, name, signal)).pass);
      if (!isDone(found) && differences(found, old).length > 0) throw conflict(name, 'is not what was opened');
      if (!isDone(found)) {
        const { hall, end, label } = detail;
        await client.ask('move', { hall, name, end, label }, signal).catch((error: unknown) => {
          throw answered(error, 'no_pass') ? conflict(name, 'was ended already') : error;
        });
      }
      const { pass } = await look(detail.hall, name, signal);
      if (pass === undefined) throw conflict(name, 'was ended already');
      if (!isDone(pass)) throw new Failure('READ_BACK_DIFFERS', `pass ${name} changed while it was being extended`);
      await refuseChanged(detail, signal);
    },
    close: async (plan, signal, removed = () => undefined) => {
      await remove(detailOf(plan).hall, plan.name, signal);
      const closed: Closed = { hashes: GONE };
      removed(closed);
      return closed;
    },
    observe: async (plan, signal) => {
      const detail = detailOf(plan);
      // The time first: what is seen after it was so then.
      const { at, opens } = await doorOf(detail, signal);
      const { pass } = await look(detail.hall, plan.name, signal);
      const time = { cloudTime: new Date(at), pastEnd: at >= Date.parse(detail.end) };
      if (pass === undefined)
        return { ...time, found: false, open: false, ended: true, nativeEndIntact: false, altered: [] };
      const altered = [
        ...differences(pass, detail),
        ...(digestOf(opens) === digestOf(detail.opens) ? [] : [{ part: 'definition', name: detail.door } as const]),
      ];
      return {
        ...time,
        found: true,
        open: altered.length === 0,
        ended: false,
        nativeEndIntact: pass.end === detail.end,
        altered,
      };
    },
    isEnded: async (plan, signal) => (await look(detailOf(plan).hall, plan.name, signal)).pass === undefined,
    deleteTombstone: async (plan, signal) => {
      const { hall } = detailOf(plan);
      if ((await clock.now()) < plan.cleanUpAt)
        throw new Failure(
          'PROVIDER_REFUSED',
          `the place of ${plan.name} is watched until ${plan.cleanUpAt.toISOString()}`,
        );
      // The last look: a writer that was late may have been here since.
      const { pass } = await look(hall, plan.name, signal);
      if (pass === undefined) return;
      if (ownerOf(pass).installationId !== plan.installationId) throw conflict(plan.name, 'is another installation’s');
      await remove(hall, plan.name, signal, pass.id);
    },
    usage: (plan) => {
      const { hall, door, badge } = detailOf(plan);
      const snippet = `echo-desk enter --hall ${hall} --door ${door} --badge ${badge}`;
      return { say: 'Show your badge at the door, or run:', link: undefined, snippet };
    },
    manualCommands: (plan) => `echo-desk take-back --hall ${detailOf(plan).hall} --pass ${plan.name}`,
    list: async (account, cursor, signal) => {
      const { hall } = echoAccountOf(account);
      const { value } = await client.ask('list', { hall, ...(cursor !== undefined && { cursor }) }, signal);
      const passes = (value.passes as readonly Pass[]).filter(({ name }) => name.startsWith(PLACE));
      return {
        objects: passes.map(({ name, id }) => ({ name, id })),
        next: typeof value.next === 'string' ? value.next : undefined,
      };
    },
    inspect: async (account, name, signal) => {
      const { pass } = await look(echoAccountOf(account).hall, name, signal);
      return pass && { name: pass.name, id: pass.id, ...ownerOf(pass), ended: false };
    },
    closeOrphan: async (account, { name, id, installationId }, signal) => {
      const { hall } = echoAccountOf(account);
      const { pass } = await look(hall, name, signal);
      if (pass === undefined) return;
      if (pass.id !== id || ownerOf(pass).installationId !== installationId)
        throw conflict(name, 'is not the one that was found');
      await remove(hall, name, signal, id);
    },
    orphanCommands: (name) => `echo-desk take-back --pass ${name}`,
    identity: async (accounts, signal) => {
      const own = accounts.filter(({ provider }) => provider === CLOUD).map(echoAccountOf);
      const [first] = own;
      if (first !== undefined) await client.ask('list', { hall: first.hall }, signal);
      return own.length > 0;
    },
    release: () => undefined,
  };
  return provider;
}
