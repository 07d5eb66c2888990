import { until, withDeadline } from '../../bounded.ts';
import { Failure } from '../../core/failure.ts';
import type { Party } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import type { Called, CalledOff, Over, Page, Resolved } from '../../ports/pager.ts';
import type { BrokerDeps } from '../deps.ts';

/** One way to reach somebody; false when it never will. */
export interface Call {
  /** Id of a person, or `pager:<name>`. */
  readonly name: string;
  readonly make: (signal: AbortSignal) => Promise<boolean>;
}

/** Nobody and nothing that is called may take longer: the others, and the record of it, do not wait. */
const CALL_MS = 20_000;

export const pagerName = ({ name }: { readonly name: string }): string => `pager:${name}`;

/** Every way to page: each person by direct message, then each pager. */
export const callsFor = (
  deps: BrokerDeps,
  page: Page,
  people: readonly Party[],
  row: Row | undefined,
): readonly Call[] => [
  ...people.map((person) => ({ name: person.id, make: () => deps.announce.page(page, person, row) })),
  ...deps.pagers.map((pager) => ({
    name: pagerName(pager),
    make: (signal: AbortSignal) => pager.page(page, signal).then(() => true),
  })),
];

/**
 * Calls pages off outside the chat: by every pager, or those whose names are given. Never rejects; a pager that is cut
 * off, or fails halfway, goes on next time from where it came to.
 */
export async function callOff(
  deps: BrokerDeps,
  { key, round, resolved: before = {}, only }: Omit<Over, 'after'> & { resolved?: Resolved; only?: readonly string[] },
  signal: AbortSignal,
): Promise<CalledOff> {
  const resolved: Record<string, number> = {};
  const calls = deps.pagers.map((pager): Call => {
    const name = pagerName(pager);
    const came = (upTo: number): void => {
      resolved[name] = upTo;
    };
    const over = { key, round, after: before[name] ?? 0 };
    const make = async (limit: AbortSignal): Promise<boolean> => {
      await pager.resolve(over, limit, came);
      came(round);
      return true;
    };
    return { name, make };
  });
  const asked = only === undefined ? calls : calls.filter(({ name }) => only.includes(name));
  const { again } = await callAll(deps, asked, signal);
  return { again, resolved: { ...resolved } };
}

/** Makes all calls at once, each by itself. Never rejects: what failed is missed, and tried again where that may help. */
export async function callAll(
  { logger }: Pick<BrokerDeps, 'logger'>,
  calls: readonly Call[],
  signal: AbortSignal,
): Promise<Called> {
  const outcomes = await Promise.all(
    calls.map(async ({ name, make }): Promise<{ name: string; came: 'reached' | 'missed' | 'again' }> => {
      const limit = withDeadline(CALL_MS, signal);
      try {
        return { name, came: (await until(limit, make(limit))) ? 'reached' : 'missed' };
      } catch (error) {
        logger.error({ called: name, why: String(error) }, 'somebody could not be paged');
        return { name, came: error instanceof Failure && !error.retry ? 'missed' : 'again' };
      }
    }),
  );
  const named = (...came: readonly string[]) =>
    outcomes.filter((one) => came.includes(one.came)).map(({ name }) => name);
  return { reached: named('reached'), missed: named('missed', 'again'), again: named('again') };
}
