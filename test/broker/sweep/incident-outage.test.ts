import { broker } from '../../../src/broker/broker.ts';
import { SYSTEM_STREAM } from '../../../src/core/events.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS } from '../../support/requests.ts';
import { until } from '../../support/until.ts';

const riley = { type: 'person', key: KEYS.riley } as const;

describe('an outage of the incident source (A3)', () => {
  let desk: Desk;
  let usual: Desk['dials'];
  let alarms: string[];
  let chatDown: boolean;

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
  });
  beforeEach(() => {
    alarms = [];
    chatDown = false;
  });
  afterEach(async () => {
    Object.assign(desk.dials, usual);
    await process().notifyAgain();
  });
  afterAll(() => desk.close());

  /** A process of its own: nothing is shared with the others but the database. */
  const process = () => {
    const alarm = async (text: string) => {
      if (chatDown) throw new Error('the chat does not answer');
      alarms.push(text);
      return true;
    };
    return broker({ ...desk.deps, announce: { ...desk.deps.announce, alarm } });
  };
  const asks = (requestId: string) =>
    process().request({ requestId, actor: riley, input: desk.input({ incident: `INC-${requestId}` }) });
  const outages = async () =>
    (await desk.store.events(SYSTEM_STREAM))
      .map(({ type }) => type)
      .filter((type) => type.startsWith('incident_source'));
  const noted = (count: number) =>
    until(async () => (await outages()).length >= count && alarms.length > 0, 'the outage to be told');

  it('is told to security once, by however many processes and requests it is met', async () => {
    const before = (await outages()).length;
    desk.dials.incident = 'down';
    await Promise.all(Array.from({ length: 6 }, (_, index) => asks(`OUT${index}`)));
    await noted(before + 1);
    await asks('OUT7');
    await process().notifyAgain();
    expect(alarms).toEqual([expect.stringMatching(/incident source is down.*one more person/)]);
    expect((await outages()).slice(before)).toEqual(['incident_source_down']);

    Object.assign(desk.dials, usual);
    await Promise.all([process().notifyAgain(), process().notifyAgain()]);
    await process().notifyAgain();
    expect(alarms.slice(1)).toEqual([expect.stringContaining('answers again')]);
    expect((await outages()).slice(before)).toEqual(['incident_source_down', 'incident_source_back']);

    // The next outage is one of its own, however soon it comes.
    desk.dials.incident = 'down';
    await asks('OUT8');
    await noted(before + 3);
    await until(() => alarms.length === 3, 'the second outage to be told');
  });

  it('is told later by the sweep where the chat was down too, and then once', async () => {
    desk.dials.incident = 'down';
    chatDown = true;
    await asks('OUT9');
    const heard = async () => (await outages()).at(-1) === 'incident_source_down';
    await until(heard, 'the outage to be noted');
    chatDown = false;
    desk.wait(61_000);
    await process().notifyAgain();
    await process().notifyAgain();
    expect(alarms).toEqual([expect.stringContaining('is down')]);
  });

  it.each(['unclear', 'not_found'] as const)('is not made of an answer that is a no: %s', async (incident) => {
    const before = await outages();
    desk.dials.incident = incident;
    expect(await asks('OUT10')).toMatchObject({
      ok: false,
      refusal: { code: `incident_${incident}`, field: 'incident' },
    });
    await process().notifyAgain();
    expect([alarms, await outages()]).toEqual([[], before]);
  });
});
