import { ADAPTERS, definitionsOf } from '../src/adapters.ts';
import { DEFINITIONS } from '../src/definitions.ts';

it('opens what is defined, and defines what is opened', () => {
  expect(definitionsOf(ADAPTERS)).toEqual(DEFINITIONS);
});
