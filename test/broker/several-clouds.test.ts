import { type BrokerDeps, providerOf } from '../../src/broker/deps.ts';
import { commandsOf, manualCommands } from '../../src/broker/grant/manual-commands.ts';
import { isIn, placesOf } from '../../src/broker/places.ts';
import { CircuitBreaker } from '../../src/broker/sweep/circuit-breaker.ts';
import { confirmLost } from '../../src/broker/sweep/lost.ts';
import { placeWords, sharedWords } from '../../src/chat/words/place-words.ts';
import type { ActiveGrant, Plan } from '../../src/core/request/request.ts';
import type { MissingGrant } from '../../src/ports/cloud-memory.ts';
import type { Provider } from '../../src/ports/provider.ts';
import { UNREAD_DOCUMENTS } from '../support/definitions.ts';
import { START, walkTo } from '../support/requests.ts';

/* Two clouds that call an account the same, one of which this process may not have. */

const { clouds } = UNREAD_DOCUMENTS;
const AWS = { provider: 'aws', account: '111122223333' };
const ECHO = { provider: 'echo', account: '111122223333' };

it('tells accounts of two clouds apart that are called the same', () => {
  expect([isIn(AWS, ECHO), isIn(AWS, { ...AWS })]).toEqual([false, true]);
  expect(placesOf([AWS, ECHO, AWS, ECHO])).toEqual([AWS, ECHO]);
  expect(placesOf([AWS, ECHO]).map((place) => placeWords(clouds, place))).toEqual([
    'AWS account 111122223333',
    'echo account 111122223333',
  ]);
});

it('speaks in the words of one cloud of what it alone holds, and in nobody’s of what several hold', () => {
  expect(sharedWords(clouds, [AWS, AWS]).object.many).toBe('roles');
  for (const several of [[AWS, ECHO], [ECHO], []]) expect(sharedWords(clouds, several).object.many).toBe('objects');
});

it('a cloud that is not here fails loudly, and hides no commands of another', () => {
  const aws = { manualCommands: () => 'run this' } as unknown as Provider;
  const deps = { providers: { aws } };
  expect(() => providerOf(deps, 'echo')).toThrow(/PROVIDER_UNAVAILABLE.*echo/);
  expect(() => providerOf(deps, 'constructor')).toThrow('PROVIDER_UNAVAILABLE');
  expect(commandsOf(deps, 'echo', (provider) => provider.orphanCommands('x'))).toEqual([]);
  const { request } = walkTo('revoking');
  if (request.state !== 'revoking') throw new Error('not revoking');
  const [grant] = request.grants;
  if (grant === undefined) throw new Error('no grant');
  const elsewhere = { ...grant, plan: { ...grant.plan, provider: 'echo' } };
  expect(manualCommands(deps, { ...request, grants: [elsewhere, grant] })).toEqual(['run this']);
});

it('access that is missing in a cloud that is not here keeps nobody from looking in the others', async () => {
  const { request } = walkTo('active');
  if (request.state !== 'active') throw new Error('not active');
  const grantOf = (id: string, provider: string): ActiveGrant => {
    const [grant] = request.grants;
    if (grant === undefined) throw new Error('no grant');
    return { ...grant, id, target: { ...grant.target, provider }, plan: { ...grant.plan, grantId: id, provider } };
  };
  const row = { request: { ...request, grants: [grantOf('E1', 'echo'), grantOf('A1', 'aws')] } };
  const missed: readonly (MissingGrant & { readonly missedAt: Date })[] = [
    { ...ECHO, requestId: 'R1', grantId: 'E1', missedAt: START },
    { ...AWS, requestId: 'R1', grantId: 'A1', missedAt: START },
  ];
  const looked: string[] = [];
  const warned: object[] = [];
  const observe = async ({ grantId }: Plan) => {
    looked.push(grantId);
    return {
      found: true,
      cloudTime: START,
      open: true,
      pastEnd: false,
      ended: false,
      nativeEndIntact: true,
      altered: [],
    };
  };
  const deps = {
    providers: { aws: { observe } },
    logger: { info: () => undefined, warn: (fields: object) => warned.push(fields), error: () => undefined },
    store: {
      clock: { now: async () => START },
      find: async () => row,
      cloud: { missed: async () => missed, noteRead: async () => undefined },
    },
  } as unknown as BrokerDeps;
  const breaker = new CircuitBreaker(1000);
  await confirmLost(deps, { installationId: 'I', lostSeconds: 1, breaker, signal: AbortSignal.timeout(10_000) });
  expect(looked).toEqual(['A1']);
  expect(warned).toMatchObject([{ ...ECHO, grantId: 'E1' }]);
});
