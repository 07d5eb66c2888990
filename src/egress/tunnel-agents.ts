import { type ClientRequest, Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ProxyRules, proxyFor } from './proxy-rules.ts';

/** How long a proxy may take to make a way (milliseconds). */
const CONNECT_MS = 10_000;

type Made = (error: Error | null, socket?: Duplex) => void;
interface Wanted {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly servername?: string | undefined;
}

/**
 * Agents for Node's own clients, as the AWS SDK takes them: each connection goes through the proxy that the rules name, or
 * past it. What a proxy says instead of making a way is an error of the connection and never an answer: it is neither
 * encrypted nor from whom was asked (docs/decisions/0024-a-proxys-no-is-no-answer.md).
 */
export function tunnelAgents(rules: ProxyRules): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } {
  const usual = { keepAlive: true, maxSockets: 50 };
  return { httpAgent: new PlainTunnel(rules, usual), httpsAgent: new TlsTunnel(rules, usual) };
}

class PlainTunnel extends HttpAgent {
  readonly #rules: ProxyRules;

  constructor(rules: ProxyRules, options: ConstructorParameters<typeof HttpAgent>[0]) {
    super(options);
    this.#rules = rules;
  }

  override createConnection(options: Wanted & object, made: Made): Duplex | null | undefined {
    const proxy = proxyFor(this.#rules, addressOf('http', options));
    if (proxy === undefined) return super.createConnection(options, made);
    tunnel(proxy, addressOf('http', options), made);
    return undefined;
  }
}

class TlsTunnel extends HttpsAgent {
  readonly #rules: ProxyRules;

  constructor(rules: ProxyRules, options: ConstructorParameters<typeof HttpsAgent>[0]) {
    super(options);
    this.#rules = rules;
  }

  override createConnection(options: Wanted & object, made: Made): Duplex | null | undefined {
    const proxy = proxyFor(this.#rules, addressOf('https', options));
    if (proxy === undefined) return super.createConnection(options, made);
    tunnel(proxy, addressOf('https', options), (error, socket) => {
      if (socket === undefined) return made(error);
      const host = options.host ?? '';
      const servername = options.servername ?? (isIP(host) === 0 ? host : '');
      made(null, connectTls({ ...(options as ConnectionOptions), socket: socket as Socket, servername }));
    });
    return undefined;
  }
}

function addressOf(scheme: 'http' | 'https', { host, port }: Wanted): URL {
  const name = host ?? '';
  return new URL(`${scheme}://${isIP(name) === 6 ? `[${name}]` : name}:${port ?? (scheme === 'https' ? 443 : 80)}`);
}

/** Asks the proxy for a way to this address. https://www.rfc-editor.org/rfc/rfc9110#name-connect */
function tunnel(proxy: URL, to: URL, made: Made): void {
  const port = to.port || (to.protocol === 'https:' ? '443' : '80');
  const path = `${to.hostname}:${port}`;
  const why = (what: string): Error => new Error(`the proxy ${what}, and ${to.hostname} was not reached`);
  const asking = ask(proxy, path);
  asking.once('connect', (answer, socket) => {
    if (answer.statusCode === 200) {
      // From here on whoever uses the way says how long it may be silent.
      (socket as Socket).setTimeout(0);
      return made(null, socket);
    }
    socket.destroy();
    made(why(`answered ${answer.statusCode}`));
  });
  asking.once('timeout', () => asking.destroy(why(`did not answer within ${CONNECT_MS / 1000} s`)));
  // The address may hold a password, and the system's own words hold the address.
  asking.once('error', (error: NodeJS.ErrnoException) =>
    made(error.message.startsWith('the proxy') ? error : why(`could not be reached (${error.code ?? error.name})`)),
  );
  asking.end();
}

function ask(proxy: URL, path: string): ClientRequest {
  const secure = proxy.protocol === 'https:';
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}`;
  return (secure ? requestHttps : requestHttp)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (secure ? 443 : 80),
    method: 'CONNECT',
    path,
    headers: { host: path, ...(proxy.username === '' ? {} : { 'proxy-authorization': authorization }) },
    agent: false,
    timeout: CONNECT_MS,
  });
}
