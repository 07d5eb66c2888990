import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// In a process of its own: Jest hears a rejection that nobody handles before Node would end the process for it.
it.each([1, 2])(
  'a failure in all of %i chats is thrown to whoever asked, and ends no process',
  async (chats) => {
    const program = `
    const { withoutTheSilent } = await import('./src/chat/deliver/each.ts');
    const fails = () => Promise.reject(new Error('the store is away'));
    const times = { othersMs: 10, lastMs: 1000 };
    const heard = await withoutTheSilent(Array.from({ length: ${chats} }, fails), () => true, times).catch(String);
    await new Promise((resolve) => setTimeout(resolve, 1));
    console.log(heard);`;
    const args = ['--import', './test/support/ts-register.mjs', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout.trim()).toBe('Error: the store is away');
  },
  30_000,
);
