import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the next requests are answered instead of as usual. */
export type Fault = { readonly status: number } | 'drop' | 'hang' | { readonly redirectTo: string };

interface Server {
  readonly url: string;
  /** Applies to so many requests, the next one unless told. */
  fault(fault: Fault, times?: number): void;
  /** Every answer takes so long from now on. */
  slow(ms: number): void;
  /** Status of each answer, in order; 0 where there was none. */
  readonly answers: number[];
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, body: string) => { readonly status: number; readonly body: object };

async function serve(answer: Answer): Promise<Server> {
  const faults: Fault[] = [];
  const answers: number[] = [];
  let slowMs = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const fault = faults.shift();
      if (fault !== undefined) {
        answers.push(typeof fault === 'object' && 'status' in fault ? fault.status : 0);
        fail(response, fault, body);
        return;
      }
      const said = answer(request, body);
      answers.push(said.status);
      const speak = () =>
        response.writeHead(said.status, { 'content-type': 'application/json' }).end(JSON.stringify(said.body));
      if (slowMs === 0) speak();
      else setTimeout(speak, slowMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    slow: (ms) => {
      slowMs = ms;
    },
    fault: (fault, times = 1) => faults.push(...Array.from({ length: times }, () => fault)),
    answers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fail(response: ServerResponse, fault: Fault, body: string): void {
  if (fault === 'drop') response.destroy();
  else if (fault === 'hang') return;
  else if ('redirectTo' in fault) response.writeHead(307, { location: fault.redirectTo }).end();
  // As careless servers do: what was sent comes back.
  else response.writeHead(fault.status).end(`not now: ${body}`);
}

export interface LocalPagerDuty extends Server {
  readonly routingKey: string;
  /** Each alert by its `dedup_key`: how often it was triggered, whether it is resolved, and what it says. */
  readonly alerts: ReadonlyMap<string, { triggers: number; resolved: boolean; payload: Record<string, unknown> }>;
}

/** An Events API v2 that takes and refuses as PagerDuty's does: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
export async function startPagerDuty(routingKey = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'): Promise<LocalPagerDuty> {
  const alerts = new Map<string, { triggers: number; resolved: boolean; payload: Record<string, unknown> }>();
  const server = await serve((request, text) => {
    const errors = pagerDutyProblems(request, text, routingKey);
    if (errors.length > 0) {
      return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
    }
    const event = JSON.parse(text) as { event_action: string; dedup_key: string; payload: Record<string, unknown> };
    const known = alerts.get(event.dedup_key);
    if (event.event_action === 'trigger') {
      alerts.set(event.dedup_key, {
        triggers: (known?.triggers ?? 0) + 1,
        resolved: false,
        payload: event.payload,
      });
    } else if (known && event.event_action === 'resolve') known.resolved = true;
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: event.dedup_key } };
  });
  return { ...server, routingKey, alerts };
}

function pagerDutyProblems({ method, url, headers }: IncomingMessage, text: string, key: string): readonly string[] {
  if (method !== 'POST' || url !== '/v2/enqueue') return [`no such call: ${method} ${url}`];
  if (headers['content-type'] !== 'application/json') return ['content type'];
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return ['JSON parse error'];
  }
  const { routing_key: routing, event_action: action, dedup_key: dedup, payload } = event;
  const of = (payload ?? {}) as Record<string, unknown>;
  const isText = (value: unknown, max: number) => typeof value === 'string' && value !== '' && value.length <= max;
  return [
    ...(typeof routing === 'string' && routing.length === 32 ? [] : ["Length of 'routing_key' is incorrect"]),
    ...(routing === key ? [] : ['Invalid routing key']),
    ...(['trigger', 'acknowledge', 'resolve'].includes(String(action)) ? [] : ["'event_action' is invalid"]),
    ...(isText(dedup, 255) ? [] : ["'dedup_key' is missing or too long"]),
    ...(action !== 'trigger' || isText(of.summary, 1024) ? [] : ["'payload.summary' is missing or too long"]),
    ...(action !== 'trigger' || isText(of.source, 1024) ? [] : ["'payload.source' is missing or blank"]),
    ...(action !== 'trigger' || ['critical', 'error', 'warning', 'info'].includes(String(of.severity))
      ? []
      : ["'payload.severity' is invalid"]),
  ];
}

export interface LocalWebhook extends Server {
  readonly secret: string;
  /** What was taken, each id once. */
  readonly taken: Record<string, unknown>[];
  /** Requests as they came, to be sent again by somebody else. */
  readonly heard: { readonly headers: Record<string, string>; readonly body: string }[];
}

const TOLERANCE_SECONDS = 300;

/** A receiver that does what docs/operations.md asks of one: signature, age, one event for each id. */
export async function startWebhook(now: () => number = Date.now): Promise<LocalWebhook> {
  const secret = 'a webhook secret of the tests';
  const taken: Record<string, unknown>[] = [];
  const heard: LocalWebhook['heard'] = [];
  const server = await serve(({ headers }, body) => {
    const header = (name: string) => String(headers[`x-breakglass-${name}`] ?? '');
    const mine = ['content-type', 'x-breakglass-id', 'x-breakglass-timestamp', 'x-breakglass-signature'];
    heard.push({ headers: Object.fromEntries(mine.map((name) => [name, String(headers[name] ?? '')])), body });
    const wanted = Buffer.from(
      `v1=${createHmac('sha256', secret)
        .update(`${header('timestamp')}.${body}`)
        .digest('hex')}`,
    );
    const given = Buffer.from(header('signature'));
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      return { status: 401, body: { error: 'signature' } };
    if (Math.abs(now() / 1000 - Number(header('timestamp'))) > TOLERANCE_SECONDS)
      return { status: 401, body: { error: 'age' } };
    const event = JSON.parse(body) as Record<string, unknown>;
    if (event.version !== 1 || event.id !== header('id')) return { status: 400, body: { error: 'shape' } };
    if (!taken.some(({ id }) => id === event.id)) taken.push(event);
    return { status: 200, body: {} };
  });
  return { ...server, secret, taken, heard };
}
