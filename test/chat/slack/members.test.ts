import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
/** One of Riley's that is open, and one that waits. */
let open: string;
let waiting: string;
beforeAll(async () => {
  installation = await openInstallation();
  await ask(installation, 'riley');
  await installation.work();
  open = (await installation.newest()).request.details.id;
  await installation.slack.as(user('avery')).click(cardSeen(installation, 'avery'), 'bg_approve');
  await installation.reaches(open, 'granting');
  await ask(installation, 'riley');
  await installation.work();
  waiting = (await installation.newest()).request.details.id;
});
afterAll(() => installation.close());
afterEach(async () => {
  installation.levers.directoryDown = false;
  installation.slack.dials.clearFaults();
  for (const who of ['blake', 'quinn'] as const) await noGuest(who);
});

const noGuest = (who: Who) => installation.slack.dials.changePerson(user(who), { guest: undefined } as object);

/** What somebody is answered, alone, to what they type. */
async function answered(who: Who, text: string): Promise<string> {
  const person = installation.slack.as(user(who));
  const before = person.ephemerals().length;
  await person.command('/breakglass', text, 'C0INCIDENT');
  await until(() => person.ephemerals().length > before, 'an answer');
  return person.ephemerals().at(-1)?.words ?? '';
}

describe('list, status and help', () => {
  it.each([
    ['list', /: Access open: Restart a service, Riley, INC-1/],
    ['status ID', /Access open: Restart a service.*Purpose: Restart the checkout service/s],
    ['help', /Emergency access at Example.*freeze/s],
  ])('answer a member: %s', async (text, words) => {
    expect(await answered('blake', text.replace('ID', open))).toMatch(words);
  });

  it.each(['multi_channel', 'single_channel'] as const)('answer nothing to a %s guest', async (guest) => {
    await installation.slack.dials.changePerson(user('blake'), { guest });
    for (const text of ['list', `status ${open}`, 'status', 'help', 'status nothing']) {
      const words = await answered('blake', text);
      expect([text, words]).toEqual([text, 'Guests read nothing here. Somebody with a full account must look.']);
    }
    // Nor whom to ask, where something is not theirs.
    await installation.slack.dials.changePerson(user('quinn'), { guest });
    expect(await answered('quinn', `end ${open}`)).toBe('You cannot do that on this request.');
    expect(await answered('quinn', `extend ${open}`)).toBe('You cannot do that on this request.');
    await noGuest('quinn');
    expect(await answered('quinn', `end ${open}`)).toMatch(/These can: .*Riley/);
  });

  it.each<[what: string, breaks: () => void, words: RegExp]>([
    [
      'the chat',
      () => installation.slack.dials.fail('users.info', 'before', { status: 500 }, 100),
      /^The chat did not say who you are just now\./,
    ],
    [
      'the directory',
      () => Object.assign(installation.levers, { directoryDown: true }),
      /^The directory does not answer/,
    ],
  ])('show what the caller may end, and nothing else, while %s does not answer', async (_what, breaks, words) => {
    breaks();
    // The requester, the commander, and whoever could have approved it.
    for (const who of ['riley', 'casey', 'avery', 'blake'] as const) {
      const list = await answered(who, 'list');
      expect([who, list]).toEqual([who, expect.stringMatching(words)]);
      expect(list).toContain(`${open}: Access open`);
      expect(list).not.toContain(waiting);
    }
    const others = await answered('quinn', 'list');
    expect(others).toMatch(words);
    expect(others).toMatch(/Nothing that you may end is open\.$/);
    for (const text of [`status ${open}`, 'help']) {
      const said = await answered('riley', text);
      expect(said).toMatch(words);
      expect(said).toMatch(/\/breakglass list shows what you may end\.$/);
    }
  });

  it('end the access all the same, while nobody can say who the caller is', async () => {
    installation.levers.directoryDown = true;
    installation.slack.dials.fail('users.info', 'before', { status: 500 }, 100);
    await installation.slack.as(user('casey')).command('/breakglass', `end ${open}`, 'C0INCIDENT');
    await until(async () => (await installation.row(open)).request.state !== 'active', 'the ending');
  });
});
