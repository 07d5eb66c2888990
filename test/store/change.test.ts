import { canonical } from '../../src/core/canonical.ts';
import { decide } from '../../src/core/decide.ts';
import { firstBreak } from '../../src/core/log.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { aPolicy, okFacts, storyOf } from '../support/requests.ts';

/** Facts as they come from a policy that the database kept: it does not keep the order of keys. */
const keptFacts = (now: Date) => {
  const policy: Policy = JSON.parse(canonical(aPolicy()));
  const { people, teams, onCall } = policy;
  return okFacts(now, {
    policy: { ok: true, value: policy, at: now },
    directory: { ok: true, value: { people, teams, onCall }, at: now },
  });
};

const logger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

describe('a change of a request', () => {
  let database: TestDatabase;
  let store: Store;
  let offset = 0;
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({ url: database.appUrl, logger, offsetMs: () => offset });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  it('keeps every step of a story, row, grant and log, and gives back what it stored', async () => {
    for (const step of storyOf('STORY1')) {
      offset += step.after;
      const changed = await store.change('STORY1', 'test', (row, now) =>
        decide(row?.request, step.command(row?.request, now), step.actor, keptFacts(now), now),
      );
      expect(changed.ok ? 'yes' : { step, refusal: changed.refusal }).toBe('yes');
      expect(await store.find('STORY1')).toEqual(changed.row);
    }
    const row = await store.find('STORY1');
    expect(row?.request.state).toBe('closed');
    const events = await store.events('request/STORY1');
    expect(events).toHaveLength(row?.seq ?? 0);
    expect(firstBreak('request/STORY1', events)).toBeUndefined();
  });
});
