import { SettingsProblem } from './config.ts';
import type { Egress } from './egress/open-egress.ts';
import { proxyRules } from './egress/proxy-rules.ts';

/**
 * Sends what leaves this process by the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name; undefined where none is set,
 * and then nothing of it is loaded. Throws `SettingsProblem` on an address that can be no proxy's.
 */
export async function egressOf(env: NodeJS.ProcessEnv): Promise<Egress | undefined> {
  const { rules, problems } = proxyRules(env);
  if (problems.length > 0) throw new SettingsProblem(problems);
  if (rules === undefined) return undefined;
  const { openEgress } = await import('./egress/open-egress.ts');
  return openEgress(rules);
}
