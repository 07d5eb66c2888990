import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Role } from './accounts.ts';
import { answerControl } from './control.ts';
import { Dials } from './dials.ts';
import { newManagedPolicy } from './iam-managed-policies.ts';
import { answerQuery } from './query-api.ts';
import { type AccountOptions, checkedDocument, type ManagedPolicyOptions, seedAccount } from './seed.ts';
import { type SignInOptions, signIn, type TemporaryCredentials } from './sign-in.ts';
import type { SignedRequest, SigningKeys } from './sigv4.ts';
import { answerSimulate } from './simulate.ts';
import { resolveTrust } from './trust.ts';
import { makeWorld, savedAccounts, type World } from './world.ts';

export interface LocalAwsOptions {
  readonly accounts: readonly AccountOptions[];
  /** Of all its accounts; `aws` unless told. Whoever speaks of another one names nobody here. */
  readonly partition?: string;
  /** Policies that AWS owns and every account sees, such as `ReadOnlyAccess`. */
  readonly awsManagedPolicies?: readonly ManagedPolicyOptions[];
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Keeps accounts, roles and policies over restarts. Keys and sessions are never kept. */
  readonly stateFile?: string;
  /** The base clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A running local AWS: IAM and STS of several accounts at one address. */
export interface LocalAws {
  /** `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`. */
  readonly url: string;
  readonly dials: Dials;
  /** Long-lived keys of a configured user, new with every start. Throws for an unknown one. */
  readonly keysOf: (accountId: string, userName: string) => SigningKeys;
  /** See {@link signIn}. */
  readonly signInAs: (arn: string, options?: SignInOptions) => TemporaryCredentials;
  /** The roles an account holds now, as stored: what a test compares with what a provider says. */
  readonly roles: (accountId: string) => readonly Role[];
  /** The server's time. */
  readonly now: () => Date;
  /** Drops what is held and stops. */
  readonly close: () => Promise<void>;
}

const BODY_LENGTH_MAX = 1_000_000;

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > BODY_LENGTH_MAX) throw new Error('The request is too large.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function signedRequest(incoming: IncomingMessage): Promise<SignedRequest> {
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?', 2);
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return {
    method: incoming.method ?? '',
    path,
    query,
    headers: Object.fromEntries(headers),
    body: await bodyOf(incoming),
  };
}

/** Turns away pages that reach this server under another name (DNS rebinding) or without its leave (plain forms). */
function isLocalCaller({ headers, method }: SignedRequest): boolean {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  const jsonOrNothing = method === 'GET' || (headers['content-type'] ?? '').startsWith('application/json');
  return (host === '127.0.0.1' || host === 'localhost') && jsonOrNothing;
}

function sendJson(response: ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

async function respond(
  controls: Parameters<typeof answerControl>[0],
  incoming: IncomingMessage,
  response: ServerResponse,
) {
  const { world, dials } = controls;
  const request = await signedRequest(incoming);
  response.sendDate = false;
  if (!world.bends.undated) response.setHeader('date', world.now().toUTCString());
  if (request.path.startsWith('/_local/')) {
    if (!isLocalCaller(request)) return sendJson(response, 403, { error: 'Send JSON to 127.0.0.1.' });
    const { status, answer } = await answerControl(controls, request);
    return sendJson(response, status, answer);
  }
  const sourceIp = (incoming.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const arriving = { world, dials, request, sourceIp };
  if (request.method === 'POST' && request.path === '/simulate') {
    const { status, answer } = answerSimulate(arriving);
    return sendJson(response, status, answer);
  }
  if (request.method !== 'POST' || request.path !== '/')
    return sendJson(response, 404, { error: 'POST a Query request to /' });
  const answer = await answerQuery(arriving);
  if (answer === undefined) return void incoming.socket.destroy();
  // The time of the answer, not of the arrival: a request may have been held.
  const date = world.bends.undated ? {} : { date: world.now().toUTCString() };
  const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': answer.requestId, ...date };
  response.writeHead(answer.status, headers).end(answer.body);
}

function buildWorld(options: LocalAwsOptions): World {
  const now = options.now ?? Date.now;
  const partition = options.partition ?? 'aws';
  const at = new Date(now());
  const earlier = options.stateFile === undefined ? [] : savedAccounts(options.stateFile);
  const seeded = options.accounts.map((one) =>
    seedAccount(
      one,
      partition,
      earlier.find(({ id }) => id === one.id),
      at,
    ),
  );
  const awsManaged = (options.awsManagedPolicies ?? []).map(({ name, path = '/', document }) =>
    newManagedPolicy({ id: 'aws', partition }, { name, path, document: checkedDocument(document) }, at),
  );
  const accounts = seeded.map(({ account }) => account);
  const world = makeWorld(accounts, awsManaged, { now, stateFile: options.stateFile });
  for (const { account, configured } of seeded) {
    for (const role of configured.flatMap((name) => account.roles.get(name) ?? [])) {
      role.policies = { ...role.policies, trustIds: resolveTrust(world, role.policies.trust) };
    }
  }
  world.save();
  return world;
}

async function listening(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address: string | AddressInfo | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The local AWS has no TCP port.');
  return `http://127.0.0.1:${address.port}`;
}

/**
 * Starts an AWS on this machine that the real SDK can talk to: IAM and STS of the given accounts, with signatures, policies,
 * trust and time windows enforced. Nothing outside 127.0.0.1 reaches it. Throws on a configuration AWS would refuse.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const world = buildWorld(options);
  const dials = new Dials(world);
  const signInAs = (arn: string, how?: SignInOptions) => signIn(world, options.accounts, arn, how);
  const keys = new Map<string, SigningKeys>();
  for (const account of world.accounts.values()) {
    for (const user of account.users.values()) {
      keys.set(`${account.id}/${user.name}`, world.keys.issueUserKey(account.id, user.id));
    }
  }
  const server = createServer((incoming, response) => {
    respond({ world, dials, signInAs }, incoming, response).catch((error: unknown) => {
      // The caller went away, or sent too much: there is nobody to answer.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  // Longer than any client keeps an idle connection, so that none is closed under a request that is just being sent.
  server.keepAliveTimeout = 120_000;
  const url = await listening(server, options.port ?? 0);
  return {
    url,
    dials,
    signInAs,
    keysOf: (accountId, userName) => {
      const found = keys.get(`${accountId}/${userName}`);
      if (found === undefined) throw new Error(`Account ${accountId} has no user ${userName}.`);
      return found;
    },
    roles: (accountId) => [...(world.accounts.get(accountId)?.roles.values() ?? [])],
    now: world.now,
    close: async () => {
      dials.releaseAll('drop');
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
