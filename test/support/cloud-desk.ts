import type { BrokerDeps } from '../../src/broker/deps.ts';
import { type CloudPass, sweepCloud } from '../../src/broker/sweep/clouds.ts';
import type { StoredEvent } from '../../src/core/events.ts';
import type { Plan } from '../../src/core/request/request.ts';
import type { Role as CloudRole } from '../../src/demo/aws/accounts.ts';
import type { Page, Pager } from '../../src/ports/pager.ts';
import type { Provider } from '../../src/ports/provider.ts';
import type { Store } from '../../src/ports/store.ts';
import { type Desk, openDesk } from './desk.ts';
import { HOUR } from './requests.ts';

export const REVOKED = '99-revoked';
export const soon = (): AbortSignal => AbortSignal.timeout(60_000);

/** A desk whose clouds are compared with its rows. */
export interface CloudDesk {
  readonly desk: Desk;
  readonly installationId: string;
  readonly accountId: string;
  /** What people were told since the last `tidy`. */
  readonly heard: { alarms: string[]; pages: Page[]; resolved: string[]; chatDown: boolean; nobodyThere: boolean };
  /** One pass by a process that nobody else knows of; `change` replaces parts of the provider. */
  sweep(change?: Partial<Provider>, how?: Partial<CloudPass> & { readonly store?: Store }): Promise<void>;
  /** An open role that no request asked for. Its end is long past, so that it can be buried when the test is over. */
  ghost(grantId: string, madeBy?: string): Promise<Plan>;
  /** The role that stands for this id; throws where none does. */
  roleOf(id: string): CloudRole;
  isShut(id: string): boolean;
  isUntouched(id: string): boolean;
  /** Events of the system stream that name this. */
  eventsAbout(name: string): Promise<readonly StoredEvent[]>;
  /** Somebody deletes the role of an open request by hand. */
  vanish(id: string): Promise<Plan>;
  stateOf(id: string): Promise<string>;
  /** What one test left standing or was told of is not the next one's. */
  tidy(): Promise<void>;
}

export async function openCloudDesk(): Promise<CloudDesk> {
  const desk = await openDesk();
  const { installationId } = await desk.store.installation();
  const { details } = (await desk.ask('TEMPLATE')).request;
  const aws = desk.deps.providers.aws;
  const nothing = () => ({ alarms: [], pages: [], resolved: [], chatDown: false, nobodyThere: false });
  const heard: CloudDesk['heard'] = nothing();
  const ghosts: Plan[] = [];
  const calls = async (): Promise<true> => {
    if (heard.nobodyThere) throw new Error('nobody answers');
    return true;
  };
  const pager: Pager = {
    name: 'test',
    page: async (page) => void ((await calls()) && heard.pages.push(page)),
    resolve: async ({ key }) => void heard.resolved.push(key),
  };
  const alarm = async (text: string) => {
    if (heard.chatDown) throw new Error('the chat does not answer');
    heard.alarms.push(text);
    return true;
  };

  const sweep: CloudDesk['sweep'] = (change = {}, { store = desk.store, ...how } = {}) => {
    const announce = { ...desk.deps.announce, alarm, page: calls };
    const providers = { aws: { ...aws, ...change } };
    const deps: BrokerDeps = { ...desk.deps, store, providers, announce, pagers: [pager] };
    return sweepCloud(deps, { everyMs: 0, againMs: 10, signal: soon(), ...how });
  };
  const roleOf = (id: string): CloudRole => {
    const role = desk.role(id);
    if (role === undefined) throw new Error(`there is no role for ${id}`);
    return role;
  };
  return {
    desk,
    installationId,
    accountId: details.terms.account.id,
    heard,
    sweep,
    ghost: async (grantId, madeBy = installationId) => {
      const { role, account } = details.terms;
      const person = desk.dials.directory.people.find(({ id }) => id === 'riley');
      const principal = person?.clouds.aws;
      if (principal === undefined) throw new Error('Riley has no AWS identity');
      const plan = aws.plan({
        grantId,
        installationId: madeBy,
        head: 'a'.repeat(64),
        plannedEnd: new Date((await desk.store.clock.now()).getTime() - 13 * HOUR),
        offsetMs: 0,
        target: { provider: role.provider, account: account.id, principal },
        details,
        approvers: [],
      });
      await aws.open(plan, soon());
      ghosts.push(plan);
      return plan;
    },
    roleOf,
    isShut: (id) => {
      const { inline, trust } = roleOf(id).policies;
      return inline[REVOKED] !== undefined && trust.includes('"Deny"') && !trust.includes('"Allow"');
    },
    isUntouched: (id) => roleOf(id).policies.inline[REVOKED] === undefined,
    eventsAbout: async (name) =>
      (await desk.store.events('system')).filter(({ data }) => JSON.stringify(data).includes(name)),
    vanish: async (id) => {
      const { request } = await desk.row(id);
      const plan = request.state === 'active' ? request.grants[0]?.plan : undefined;
      if (plan === undefined) throw new Error(`request ${id} is not open`);
      await aws.deleteTombstone({ ...plan, cleanUpAt: new Date(0) }, soon());
      return plan;
    },
    stateOf: async (id) => (await desk.row(id)).request.state,
    tidy: async () => {
      desk.aws.dials.clear();
      desk.aws.dials.setListLag(0);
      for (const plan of ghosts.splice(0)) await aws.deleteTombstone(plan, soon());
      await sweep();
      Object.assign(heard, nothing());
    },
  };
}
