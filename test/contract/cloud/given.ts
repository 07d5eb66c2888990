import { Failure } from '../../../src/core/failure.ts';
import type { Plan } from '../../../src/core/request/request.ts';
import type { OpenProvider } from '../../../src/ports/provider.ts';
import type { CloudRig, CloudUnderTest, Wanted } from './rig.ts';

/** Time enough for anything here. */
export const soon = (): AbortSignal => AbortSignal.timeout(60_000);

/** `allowed`, or the code of the `Failure` it rejects with; anything else that it rejects with is thrown. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'allowed';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw new Error(`rejected with what is no Failure: ${String(error)}`, { cause: error });
  }
}

/** One server for a file, and a grant of its own for each test. */
export function given(cloud: CloudUnderTest) {
  let rig: CloudRig;
  let count = 0;
  beforeAll(async () => {
    rig = await cloud.open();
  });
  beforeEach(() => rig.calm());
  afterAll(() => rig.close());
  const plan = (change: Wanted = {}): Plan => {
    count += 1;
    return rig.provider.plan(rig.order(count, change));
  };
  return {
    get rig(): CloudRig {
      return rig;
    },
    plan,
    /** The plan of the newest grant with another end. */
    later: (seconds: number): Plan => rig.provider.plan(rig.order(count, { seconds, head: 'b'.repeat(64) })),
    opened: async (change: Wanted = {}): Promise<Plan> => {
      const made = plan(change);
      await rig.provider.open(made, soon());
      return made;
    },
    observed: (made: Plan, by: OpenProvider = rig.provider) => by.observe(made, soon()),
    /** Whether anybody gets in by it, now. */
    isLetIn: async (made: Plan): Promise<boolean> => {
      const session = await rig.enter(made);
      return session !== undefined && (await rig.may(session));
    },
  };
}
