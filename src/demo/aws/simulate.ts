import { randomUUID } from 'node:crypto';
import { callerOf } from './caller.ts';
import { denialMessage, evaluate } from './evaluator.ts';
import { AwsFault } from './faults.ts';
import type { Arriving } from './query-api.ts';
import { type SigningKeys, signatureHeaders } from './sigv4.ts';

/** What a simulated call came to. `code` is `ok`, or the error a real service would have answered with. */
export interface Simulated {
  readonly allowed: boolean;
  readonly code: string;
  readonly message: string;
}

/** Keys that only the request's own facts may set, not the query: who calls, from where, when. */
const ABOUT_THE_CALLER = /^(aws:(?!ResourceTag\/|RequestTag\/|TagKeys)|sts:|identitystore:)/i;

/**
 * `POST /simulate?action=ecs:UpdateService&resource=ARN`, signed with any credentials: may the caller do this now? Stands for
 * all services that this server does not speak. `context.KEY=VALUE` adds a service's own condition key.
 */
export function answerSimulate({ world, dials, request, sourceIp }: Arriving): { status: number; answer: Simulated } {
  const query = new URLSearchParams(request.query);
  const action = query.get('action') ?? '';
  const params = Object.fromEntries(query);
  let who = { account: '', principal: '' };
  const done = (status: number, answer: Simulated) => {
    dials.record({
      service: 'simulate',
      action,
      ...who,
      params,
      requestId: randomUUID(),
      outcome: answer.code,
      status,
    });
    return { status, answer };
  };
  try {
    const holder = world.keys.authenticate(request, world.now());
    const caller = callerOf(world, holder, { now: world.now(), sourceIp, region: holder.region });
    who = { account: caller.account.id, principal: caller.arn };
    const resource = query.get('resource') ?? '*';
    if (!/^[A-Za-z0-9-]+:\w+$/.test(action))
      throw new AwsFault('ValidationError', 400, 'Name an action such as s3:GetObject.');
    const facts = [...query].flatMap(([name, value]) =>
      name.startsWith('context.') ? [[name.slice(8), value] as const] : [],
    );
    const forbidden = facts.find(([key]) => ABOUT_THE_CALLER.test(key));
    if (forbidden !== undefined)
      throw new AwsFault('ValidationError', 400, `${forbidden[0]} cannot be set by the caller.`);
    const ask = { action, resource, context: caller.context.with(facts) };
    const verdict = evaluate(caller.policies, ask, world.bends);
    if (verdict.allowed)
      return done(200, { allowed: true, code: 'ok', message: `${caller.arn} may ${action} on ${resource}` });
    throw new AwsFault('AccessDenied', 403, denialMessage(caller.arn, action, resource, verdict));
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error;
    return done(error.status, { allowed: false, code: error.code, message: error.message });
  }
}

/** Asks a local AWS at `url` whether these credentials may do this now, over HTTP and signed. */
export async function simulate(
  url: string,
  keys: SigningKeys,
  ask: {
    readonly action: string;
    readonly resource: string;
    readonly context?: Readonly<Record<string, string>>;
    readonly at?: Date;
  },
): Promise<Simulated> {
  const context = Object.entries(ask.context ?? {}).map(([key, value]): [string, string] => [`context.${key}`, value]);
  const target = new URL('/simulate', url);
  target.search = new URLSearchParams([['action', ask.action], ['resource', ask.resource], ...context]).toString();
  const request = {
    method: 'POST',
    path: '/simulate',
    query: target.search.slice(1),
    headers: { host: target.host },
    body: '',
  };
  const scope = { region: 'us-east-1', service: 'execute-api', at: ask.at ?? new Date() };
  const answer = await fetch(target, { method: 'POST', headers: signatureHeaders(request, keys, scope) });
  const parsed: Simulated = JSON.parse(await answer.text());
  return parsed;
}
