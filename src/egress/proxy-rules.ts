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

const NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const;

/**
 * What the environment says of proxies; small letters win, as in curl. Undefined where no proxy is named. `problems` are
 * about a setting by its name and never repeat a value: there may be a password in it.
 * @see https://curl.se/docs/manpage.html#ENVIRONMENT
 */
export function proxyRules(env: NodeJS.ProcessEnv): {
  readonly rules: ProxyRules | undefined;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const [https, http, none = ''] = NAMES.map((name) => {
    const used = env[name.toLowerCase()] ? name.toLowerCase() : name;
    const value = env[used] || undefined;
    if (value === undefined || name === 'NO_PROXY') return value;
    if (isProxy(value)) return value;
    problems.push(`${used}: must be an http:// or https:// address of a proxy, such as http://proxy.example:3128`);
    return undefined;
  });
  if (problems.length > 0 || (https ?? http) === undefined) return { rules: undefined, problems };
  const address = (value: string | undefined): URL | undefined => (value === undefined ? undefined : new URL(value));
  const exceptions = none
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(exceptionOf);
  // Whoever names one for http:// alone means it for everything, as undici reads it.
  return { rules: { http: address(http), https: address(https ?? http), exceptions }, problems };
}

function isProxy(value: string): boolean {
  if (/[\s\p{Cc}]/u.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  // A per cent sign that stands for nothing: nobody could tell which password is meant.
  if (/%(?![0-9a-f]{2})/i.test(username + password)) return false;
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
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

function exceptionOf(entry: string): Exception {
  const [, named = entry, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  const host = bare(named.replace(/^\*?\./, ''));
  if (host === '*') return { matches: () => true, port };
  const [, range = '', bits = ''] = /^([0-9a-f.:]+)\/(\d+)$/.exec(host) ?? [];
  const version = isIP(range);
  if (version !== 0 && Number(bits) <= (version === 4 ? 32 : 128)) {
    const list = new BlockList();
    list.addSubnet(range, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
    return { matches: (one) => isIn(list, one), port };
  }
  return { matches: (one) => one === host || one.endsWith(`.${host}`), port };
}
