import { LANES } from './catalog.ts';
import { endure, spotless } from './ordeal.ts';
import { batches, PHASES, pointsOf } from './steps.ts';
import { openTheatre, type Theatre } from './theatre.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
}, 60_000);
afterAll(() => theatre.close());

describe.each(PHASES)('a worker stopped while %s holds nothing up, and does no harm when it wakes', (phase) => {
  const all = batches(pointsOf(phase), LANES);
  it.each(all.map((points, index) => [index + 1, points] as const))(
    `one role, ended, proven, told once; lot %i of ${all.length} (D1, D3, E1)`,
    async (_lot, points) => {
      const verdicts = await endure(theatre, { points, signal: 'SIGSTOP' });
      if (process.env.CRASH_LOG) console.log(theatre.lastWords());
      expect(verdicts).toEqual(spotless(points));
    },
    400_000,
  );
});
