import type { BrokerDeps } from '../deps.ts';
import { policyOf } from '../policy-of.ts';

/** The outage's name among the troubles. */
const KEY = 'incident-source';
const ACTOR = 'system:broker';
/** Security was not reached: said again after this long. */
const RETRY_SECONDS = 60;

/**
 * The incident source was down just now. Security hears of it once an outage, whichever process saw it first and however
 * many requests met it: the database keeps the outage until `watchOutage` finds it over. Never rejects: what could not
 * be noted or told is met again by the next request, or by the sweep.
 */
export async function noteOutage(deps: BrokerDeps): Promise<void> {
  try {
    const { troubles } = deps.store;
    const begun = await troubles.beginOnce(KEY, RETRY_SECONDS);
    if (begun === undefined) return;
    if (begun.isNew) await deps.store.record(ACTOR, [{ type: 'incident_source_down', data: { outage: begun.round } }]);
    const everywhere = await deps.announce.alarm(deps.words.incidentSourceDown());
    if (everywhere) await troubles.reached(KEY, begun.round, ['security']);
  } catch (error) {
    deps.logger.error({ why: String(error) }, 'security was not told that the incident source is down');
  }
}

/**
 * For the sweep, while an outage lasts: asks the source's probe, and says once that it answers again. A policy that
 * names another source is asked about that one.
 */
export async function watchOutage(deps: BrokerDeps): Promise<void> {
  const { troubles } = deps.store;
  if (!(await troubles.isOn(KEY))) return;
  const policy = await policyOf(deps);
  const isDown = await deps.incidents.probe(policy).then(
    () => false,
    () => true,
  );
  // Security may not have heard yet.
  if (isDown) return noteOutage(deps);
  const outage = await troubles.over(KEY);
  if (outage === undefined) return;
  await deps.store.record(ACTOR, [{ type: 'incident_source_back', data: { outage } }]);
  await deps.announce.alarm(deps.words.incidentSourceBack()).catch((error: unknown) => {
    deps.logger.warn({ why: String(error) }, 'security was not told that the incident source answers again');
  });
}
