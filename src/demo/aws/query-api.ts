import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callerOf } from './caller.ts';
import type { Arrival, Dials } from './dials.ts';
import { AwsFault, type Fault, throttled } from './faults.ts';
import { ACCOUNT_OPERATIONS } from './iam-account.ts';
import { MANAGED_POLICY_OPERATIONS } from './iam-managed-policies.ts';
import { ROLE_POLICY_OPERATIONS } from './iam-role-policies.ts';
import { ROLE_OPERATIONS } from './iam-roles.ts';
import { TAG_OPERATIONS } from './iam-tags.ts';
import { type KeyHolder, unknownToken } from './key-ring.ts';
import type { Operation, Operations } from './operation.ts';
import { parseForm, readParams } from './query.ts';
import type { SignedRequest } from './sigv4.ts';
import { STS_OPERATIONS } from './sts-actions.ts';
import type { World } from './world.ts';
import { answerXml, errorXml } from './xml.ts';

interface Api {
  readonly service: string;
  readonly namespace: string;
  readonly operations: Operations;
}

const IAM: Api = {
  service: 'iam',
  namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  operations: {
    ...ROLE_OPERATIONS,
    ...ROLE_POLICY_OPERATIONS,
    ...TAG_OPERATIONS,
    ...MANAGED_POLICY_OPERATIONS,
    ...ACCOUNT_OPERATIONS,
  },
};
const STS: Api = {
  service: 'sts',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  operations: STS_OPERATIONS,
};
const APIS: ReadonlyMap<string, Api> = new Map([
  ['2010-05-08', IAM],
  ['2011-06-15', STS],
]);

/** What goes back: a status and XML, or `undefined` where a dial cuts the connection. */
export type Answer = { readonly status: number; readonly body: string; readonly requestId: string } | undefined;

/** Who calls from where; what a request is judged by beside its words. */
export interface Arriving {
  readonly world: World;
  readonly dials: Dials;
  readonly request: SignedRequest;
  readonly sourceIp: string;
}

const serverError = (): AwsFault =>
  new AwsFault('ServiceFailure', 500, 'The request processing has failed because of an unknown error.');

function operationOf(api: Api | undefined, action: string, version: string): Operation {
  const operation = api !== undefined && Object.hasOwn(api.operations, action) ? api.operations[action] : undefined;
  if (operation !== undefined) return operation;
  throw new AwsFault('InvalidAction', 400, `Could not find operation ${action} for version ${version}`);
}

/** Signed for one API, sent to another: refused, as the real endpoints do. */
function authenticated({ world, request }: Arriving, service: string): KeyHolder & { readonly region: string } {
  const holder = world.keys.authenticate(request, world.now());
  if (holder.service !== service) {
    throw new AwsFault('SignatureDoesNotMatch', 403, `Credential should be scoped to correct service: '${service}'.`);
  }
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html: no IAM without a second factor.
  const withoutMfa = holder.kind === 'session' && holder.session.of === 'user' && holder.session.mfaAt === undefined;
  if (withoutMfa && service === 'iam') throw unknownToken();
  return holder;
}

/** Runs a request through the dials. `undefined` means: cut the connection. Throws what the work throws. */
async function throughDials(dials: Dials, arrival: Arrival, work: () => string): Promise<string | undefined> {
  const turned = dials.take(arrival);
  const has = (kind: (typeof turned)[number]['kind']) => turned.some((dial) => dial.kind === kind);
  for (const { kind, ms } of turned) if (kind === 'delay') await sleep(ms ?? 0);
  if (has('throttle')) throw throttled();
  if (has('fail_before')) throw serverError();
  if (has('drop_before')) return undefined;
  if (has('hold_before') && (await dials.hold(arrival, 'before')) === 'drop') return undefined;
  const body = work();
  if (has('hold_after') && (await dials.hold(arrival, 'after')) === 'drop') return undefined;
  if (has('fail_after')) throw serverError();
  return has('drop_after') ? undefined : body;
}

/**
 * Answers one Query request: authenticates, checks its parameters, runs it and writes it down.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html
 */
export async function answerQuery(arriving: Arriving): Promise<Answer> {
  const { world, dials, request, sourceIp } = arriving;
  const requestId = randomUUID();
  let api = IAM;
  let arrival: Arrival = { service: 'iam', action: '', account: '', principal: '', params: {} };
  const note = (outcome: string, status: number) => {
    // An external id is a shared secret of sorts: the log says that one was sent, not which.
    const { ExternalId, ...params } = arrival.params;
    const shown = ExternalId === undefined ? params : { ...params, ExternalId: '***' };
    dials.record({ ...arrival, params: shown, requestId, outcome, status });
  };
  try {
    const { action, version, raw } = parseForm(request.body);
    api = APIS.get(version) ?? IAM;
    arrival = { ...arrival, service: api.service, action, params: raw };
    const holder = authenticated(arriving, api.service);
    const { region } = holder;
    const seen = callerOf(world, holder, { now: world.now(), sourceIp, region });
    arrival = { ...arrival, account: seen.account.id, principal: seen.arn };
    const operation = operationOf(APIS.get(version), action, version);
    const body = await throughDials(dials, arrival, () => {
      const params = readParams(raw, operation.rules);
      // Looked up again: a held request is judged by the world at its release.
      const caller = callerOf(world, holder, { now: world.now(), sourceIp, region });
      return answerXml(action, api.namespace, operation.run({ world, caller, params }), requestId);
    });
    note(body === undefined ? 'dropped' : 'ok', body === undefined ? 0 : 200);
    return body === undefined ? undefined : { status: 200, body, requestId };
  } catch (error) {
    const fault: Fault = error instanceof AwsFault ? error : serverError();
    note(fault.code, fault.status);
    if (!(error instanceof AwsFault)) console.error('The local AWS broke on a request. This is a bug in it.', error);
    return { status: fault.status, body: errorXml(api.namespace, fault, requestId), requestId };
  }
}
