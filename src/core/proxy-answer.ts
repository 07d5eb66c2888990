/** How undici and our own tunnel say that a proxy made no way. */
const SAID = /^(?:Proxy response \((\d{3})\)|Proxy Authentication Required \((407)\)|the proxy answered (\d{3}))/;

/**
 * What a proxy answered instead of passing a call on, where that is in an error or what caused it: `, as the proxy answered
 * 407`; empty where no proxy is in it. It is an outage as any other, with somebody else to mend it.
 */
export function proxySaid(error: unknown): string {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    const [, ...found] = SAID.exec(one.message) ?? [];
    const status = found.find(Boolean);
    if (status !== undefined) return `, as the proxy answered ${status}`;
  }
  return '';
}
