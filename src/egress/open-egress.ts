import { Agent, Dispatcher, EnvHttpProxyAgent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { type ProxyRules, proxyFor } from './proxy-rules.ts';
import { tunnelAgents } from './tunnel-agents.ts';

/** What carries calls out of this process where a proxy is set. */
export interface Egress {
  /** For clients that take one of their own (Socket Mode); `fetch` uses it by itself. */
  readonly dispatcher: Dispatcher;
  /** For Node's own clients (the AWS SDK): new ones for each, since whoever is done with theirs closes them. */
  readonly agents: () => ReturnType<typeof tunnelAgents>;
  /** Gives `fetch` back its own way, and lets go of every connection. */
  close(): Promise<void>;
}

/** From now on every `fetch` of this process goes by these rules. Loaded only where a proxy is set. */
export function openEgress(rules: ProxyRules): Egress {
  const before = getGlobalDispatcher();
  const dispatcher = new ByRules(rules);
  setGlobalDispatcher(dispatcher);
  return {
    dispatcher,
    agents: () => tunnelAgents(rules),
    close: async () => {
      setGlobalDispatcher(before);
      await dispatcher.destroy();
    },
  };
}

/** One rule for all: undici's own reading of NO_PROXY knows no ranges of addresses, and no address that is never proxied. */
class ByRules extends Dispatcher {
  readonly #rules: ProxyRules;
  readonly #direct = new Agent();
  readonly #proxied: EnvHttpProxyAgent;

  constructor(rules: ProxyRules) {
    super();
    this.#rules = rules;
    const { http, https } = rules;
    this.#proxied = new EnvHttpProxyAgent({ httpProxy: http?.href ?? '', httpsProxy: https?.href ?? '', noProxy: '' });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = new URL(String(options.origin));
    const way = proxyFor(this.#rules, url) === undefined ? this.#direct : this.#proxied;
    return way.dispatch(options, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([this.#direct.close(), this.#proxied.close()]);
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#proxied.destroy()]);
  }
}
