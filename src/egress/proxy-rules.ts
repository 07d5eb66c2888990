import { BlockList, isIP } from 'node:net';

/** Which proxy carries what leaves this machine, and what goes past it. */
export interface ProxyRules {
  readonly http: URL | undefined;
  readonly https: URL | undefined;
  readonly exceptions: readonly Exception[];
}

/** A host with all below it, or a range of addresses; at one port, where one is named. */
interface Exception {
  readonly matches: (host: string) => boolean;
  readonly port: string | undefined;
}

/**
 * What the environment says of proxies; small letters win, as in curl. Undefined where no proxy is named. `problems` are
 * about a setting by its name and never repeat a value: there may be a password in it.
 * @see https://curl.se/docs/manpage.html#ENVIRONMENT
 */
export function proxyRules(env: NodeJS.ProcessEnv): {
  readonly rules: ProxyRules | undefined;
  readonly problems: readonly string[];
} {
  const setting = (name: string): Setting => {
    const used = env[name.toLowerCase()] ? name.toLowerCase() : name;
    return { used, value: env[used] ?? '' };
  };
  const problems: string[] = [];
  const address = ({ used, value }: Setting): URL | undefined => {
    const url = value === '' ? undefined : proxyAddress(value);
    if (value !== '' && url === undefined) problems.push(`${used}: ${NO_PROXYS_ADDRESS}`);
    return url;
  };
  const proxies = { https: address(setting('HTTPS_PROXY')), http: address(setting('HTTP_PROXY')) };
  const first = proxies.https ?? proxies.http;
  if (problems.length > 0 || first === undefined) return { rules: undefined, problems };
  const none = setting('NO_PROXY');
  const exceptions = none.value
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(exceptionOf);
  const readable = exceptions.filter((one) => one !== undefined);
  if (readable.length < exceptions.length) {
    return { rules: undefined, problems: [`${none.used}: ${NO_EXCEPTION}`] };
  }
  // Whoever names one for http:// alone means it for everything, as undici reads it.
  return { rules: { http: proxies.http, https: first, exceptions: readable }, problems };
}

/** A setting by the name that it was found under. */
interface Setting {
  readonly used: string;
  readonly value: string;
}

const NO_PROXYS_ADDRESS = 'must be an http:// or https:// address of a proxy, such as http://proxy.example:3128';
const NO_EXCEPTION =
  'must list hosts, host:port, addresses, ranges such as 10.0.0.0/8, or be *: without quotes, http:// or a path';

/** The address of a proxy, which without a scheme is http:// (`host:port`, as curl reads it); undefined where it is none. */
function proxyAddress(value: string): URL | undefined {
  const whole = /^[^/?#]+:\d+\/?$/.test(value) ? `http://${value}` : value;
  if (/[\s\p{Cc}]/u.test(whole) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  const { protocol, hostname, username, password } = url;
  if ((protocol !== 'http:' && protocol !== 'https:') || hostname === '') return undefined;
  if (password !== '' && username === '') return undefined;
  try {
    // Per cent signs that stand for nothing: nobody could tell which password is meant.
    decodeURIComponent(username);
    decodeURIComponent(password);
    return url;
  } catch {
    return undefined;
  }
}

/** The proxy for this address, or undefined where it is asked directly. */
export function proxyFor({ http, https, exceptions }: ProxyRules, url: URL): URL | undefined {
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const proxy = secure ? https : http;
  if (proxy === undefined || isNear(url.hostname)) return undefined;
  const port = url.port || (secure ? '443' : '80');
  const host = bare(url.hostname);
  return exceptions.some((one) => (one.port ?? port) === port && one.matches(host)) ? undefined : proxy;
}

/** Without the brackets of an IPv6 address, nor the dot of a root. */
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** This machine, and what only it can reach: the cloud's metadata and credentials must never be asked for elsewhere. */
const NEAR = new BlockList();
NEAR.addSubnet('0.0.0.0', 8, 'ipv4');
NEAR.addSubnet('127.0.0.0', 8, 'ipv4');
NEAR.addSubnet('169.254.0.0', 16, 'ipv4');
NEAR.addAddress('::', 'ipv6');
NEAR.addAddress('::1', 'ipv6');
NEAR.addSubnet('fe80::', 10, 'ipv6');
// Instance metadata and EKS Pod Identity. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
NEAR.addSubnet('fd00:ec2::', 32, 'ipv6');

/** Never through a proxy, whatever the settings say. */
export function isNear(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || isIn(NEAR, host);
}

const isIn = (list: BlockList, host: string): boolean => {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6');
};

/** Undefined where the entry can be read as no host, address or range: it would never match anything. */
function exceptionOf(entry: string): Exception | undefined {
  const [, named = entry, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  const host = bare(named.replace(/^\*?\./, ''));
  if (host === '*') return { matches: () => true, port };
  const [, address = '', bits] = /^([0-9a-f.:]+)(?:\/(\d+))?$/.exec(host) ?? [];
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  if (version !== 0 && Number(bits ?? most) <= most) {
    const list = new BlockList();
    list.addSubnet(address, Number(bits ?? most), version === 4 ? 'ipv4' : 'ipv6');
    return { matches: (one) => isIn(list, one), port };
  }
  return /^[\w.-]+$/.test(host) ? { matches: (one) => one === host || one.endsWith(`.${host}`), port } : undefined;
}
