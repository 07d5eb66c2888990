import { cheatSheet } from '../../../src/chat/words/cheat-sheet.ts';
import { edited, policyOf } from '../../policy-file/small-policy.ts';

it('fits what a responder needs on one page, from the policy itself (F5)', () => {
  const text = edited(
    'mayAsk: [serving]',
    'mayAsk: [serving]\n    approvals: [{ who: group, name: Data, teams: [security], assurance: chat }]',
  );
  expect(cheatSheet(policyOf(text))).toEqual([
    'Emergency access at Acme',
    'Nobody answers? +49 30 1',
    '',
    'What to type',
    '/breakglass: ask for access',
    '/breakglass list: requests that are open now',
    '/breakglass status [id]: where a request stands',
    '/breakglass extend [id]: ask for more time on your open access',
    '/breakglass end <id>: end access early',
    '/breakglass deny <id> <why>: deny a request without a form',
    '/breakglass help: this page',
    'For security, sre only: /breakglass freeze [reason] stops every opening, /breakglass freeze all[: reason] ends what is open too, /breakglass thaw lets them go on when two of you say so',
    '',
    'You need an open incident, its commander, a reason and a purpose.',
    'Reasons: containment, recovery, data integrity, service restoration.',
    '',
    'Zone B: service recovery, at most 30 min',
    'Approved by: 1 of sre, outside your team',
    'restart: Restart (production, production, at most 30 min; asked by serving, and 1 of security, outside your team)',
    '',
    'Runbooks',
    'hangs: It hangs (restart, 15 min), https://runbooks.example/hangs',
  ]);
});

it('says the cap that holds, not the one a role wishes for', () => {
  const sheet = cheatSheet(policyOf(edited('maxMinutes: 30\n    mayAsk', 'maxMinutes: 60\n    mayAsk')));
  expect(sheet.join('\n')).toContain('at most 30 min; asked by serving)');
});
