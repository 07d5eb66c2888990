import { aPolicy } from '../../support/requests.ts';
import { type House, openHouse, user } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const heard = (channel: string) =>
  house.slack
    .as(user('sasha'))
    .messages(channel)
    .map(({ words }) => words)
    .filter((words) => /Policy \d+ was put in force/.test(words));

it('the security channel hears of the first policy and of each change, once; moved, the old one hears where it went', async () => {
  await house.broker.tellAgain();
  expect(heard('C0SECURITY')).toEqual([
    expect.stringMatching(/^Policy 1 was put in force by operator:test\.\n• First/),
  ]);
  await house.apply(aPolicy({ phone: '+49 *30*' }));
  await house.broker.tellAgain();
  await house.broker.tellAgain();
  expect(heard('C0SECURITY').slice(1)).toEqual([
    expect.stringMatching(/^Policy 2 .*\n• Whom to phone if nobody answers in chat is now "\+49 ∗30∗"/),
  ]);
  await house.apply(aPolicy({ channels: { default: 'C0DEFAULT', security: 'C0INCIDENT' } }));
  await house.broker.tellAgain();
  expect(heard('C0SECURITY').slice(2)).toEqual([
    expect.stringMatching(
      /^Policy 3 [\s\S]*C0SECURITY → C0INCIDENT[\s\S]*From now on the security channel is C0INCIDENT\.$/,
    ),
  ]);
  expect(heard('C0INCIDENT')).toEqual([expect.stringMatching(/^Policy 3 [\s\S]*C0INCIDENT\.$/)]);
  expect(heard('C0DEFAULT')).toEqual([]);
});
