import { LANES } from './catalog.ts';
import { endure, spotless } from './ordeal.ts';
import { batches, PHASES, pointsOf } from './steps.ts';
import { openTheatre, type Theatre } from './theatre.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
}, 60_000);
afterAll(() => theatre.close());

describe.each(PHASES)('a worker killed while %s (D1, D3, E1)', (phase) => {
  const all = batches(pointsOf(phase), LANES);
  it.each(all.map((points, index) => [index + 1, points] as const))(
    `is replaced: one role, ended, proven, told once; lot %i of ${all.length}`,
    async (_lot, points) => {
      const verdicts = await endure(theatre, { points, signal: 'SIGKILL' });
      if (process.env.CRASH_LOG) console.log(theatre.lastWords());
      expect(verdicts).toEqual(spotless(points));
    },
    200_000,
  );
});
