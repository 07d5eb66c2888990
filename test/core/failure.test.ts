import { Failure } from '../../src/core/failure.ts';

it('a failure keeps what it is given for the log, and says nothing where there is nothing', () => {
  expect(new Failure('STORE_UNAVAILABLE', 'away').detail).toEqual({});
  expect(new Failure('STORE_UNAVAILABLE', 'away', { detail: { status: 503 } }).detail).toEqual({ status: 503 });
});
