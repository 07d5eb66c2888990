import { chatAccounts } from '../../src/chat/deliver/accounts.ts';
import { refusalWords } from '../../src/chat/words/words.ts';

it('looks an account up in the chat that its key names, and in no other', async () => {
  const accounts = chatAccounts({
    pigeon: { account: async () => 'guest' },
    smoke: { account: async (key) => (key === 'smoke:H1:ana' ? 'member' : 'stranger') },
  });
  expect(await accounts.account('pigeon:L1:ana')).toBe('guest');
  expect(await accounts.account('smoke:H1:ana')).toBe('member');
});

it('rejects for a chat that this process does not have: no answer is no yes', async () => {
  const accounts = chatAccounts({ pigeon: { account: async () => 'member' } });
  await expect(accounts.account('smoke:H1:ana')).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
  await expect(accounts.account('constructor:H1:ana')).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
});

it('a refusal for what another chat says names that chat', () => {
  expect(refusalWords('account_deleted', { chat: 'pigeon' })).toMatch(/^What pigeon says .* deactivated/);
  expect(refusalWords('account_deleted')).not.toMatch(/What/);
});
