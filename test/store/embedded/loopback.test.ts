import { inspect } from 'node:util';
import { assertLoopback } from '../../../src/store/embedded/loopback.ts';

describe('assertLoopback', () => {
  it.each([
    'http://127.0.0.1:4566',
    'http://127.9.8.7',
    'http://[::1]:80/path',
    'postgresql://user:secret@localhost:5432/db',
    'postgresql://user:secret@localhost/db?host=/run/postgresql',
  ])('lets %s pass', async (url) => {
    await expect(assertLoopback([url])).resolves.toBeUndefined();
  });

  it.each([
    ['http://10.0.0.1', /10\.0\.0\.1.*not this machine/],
    ['http://[2001:db8::1]/', /2001:db8::1.*not this machine/],
    ['postgresql://localhost/db?host=127.0.0.1&host=10.0.0.2', /10\.0\.0\.2.*not this machine/],
    ['http://0.0.0.0', /0\.0\.0\.0.*not this machine/],
    ['https://sts.invalid', /sts\.invalid has no address/],
  ])('refuses %s', async (url, words) => {
    await expect(assertLoopback(['http://127.0.0.1', url])).rejects.toThrow(words);
  });

  it('never repeats a password', async () => {
    for (const url of ['postgresql://user:secret@10.0.0.1/db', 'user:secret@nowhere']) {
      const error: unknown = await assertLoopback([url]).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error)).not.toContain('secret');
    }
  });
});
