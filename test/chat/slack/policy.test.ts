import { aPolicy } from '../../support/requests.ts';
import { openInstallation, type TestInstallation, user } from './installation.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

const heard = (channel: string) =>
  installation.slack
    .as(user('sasha'))
    .messages(channel)
    .map(({ words }) => words)
    .filter((words) => /Policy \d+ was put in force/.test(words));

it('the security channel hears of the first policy and of each change, once; moved, the old one hears where it went', async () => {
  await installation.broker.notifyAgain();
  expect(heard('C0SECURITY')).toEqual([
    expect.stringMatching(/^Policy 1 was put in force by operator:test\.\n• First/),
  ]);
  await installation.apply(aPolicy({ phone: '+49 *30*' }));
  await installation.broker.notifyAgain();
  await installation.broker.notifyAgain();
  expect(heard('C0SECURITY').slice(1)).toEqual([
    expect.stringMatching(/^Policy 2 .*\n• Whom to phone if nobody answers in chat is now "\+49 ∗30∗"/),
  ]);
  await installation.apply(aPolicy({ channels: { slack: { default: 'C0DEFAULT', security: 'C0INCIDENT' } } }));
  await installation.broker.notifyAgain();
  expect(heard('C0SECURITY').slice(2)).toEqual([
    expect.stringMatching(
      /^Policy 3 [\s\S]*C0SECURITY → C0INCIDENT[\s\S]*From now on the security channel is C0INCIDENT\.$/,
    ),
  ]);
  expect(heard('C0INCIDENT')).toEqual([expect.stringMatching(/^Policy 3 [\s\S]*C0INCIDENT\.$/)]);
  expect(heard('C0DEFAULT')).toEqual([]);
});
