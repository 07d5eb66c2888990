// Plays random life cycles against the built product under every kind of trouble, and judges from outside what came of
// them. Ends with one line that counts them; exits with 1 on any violation, with 2 where it could not be played.
import { chaos } from './chaos.ts';
import { readOptions, USAGE } from './options.ts';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const began = performance.now();
const say = (line: string): void =>
  console.log(`${String(Math.round((performance.now() - began) / 1000)).padStart(5)} s  ${line}`);

async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { seed, runs, lanes, backend } = options;
  say(`seed ${seed}, ${runs} cycles in ${lanes} lanes, queue on ${backend}`);
  const { cycles, counts, ends, violations, playedIn } = await chaos(options, say);
  for (const { cycle, what } of violations) {
    console.log(`VIOLATION ${what}`);
    if (cycle === undefined) continue;
    console.log(`  cycle ${cycle}: ${playedIn(cycle).join(', ')}`);
  }
  if (violations.length > 0) {
    console.log(`Again: npm run chaos -- --seed ${seed} --runs ${runs} --lanes ${lanes} --backend ${backend}`);
  }
  say(`ended as ${ends}`);
  console.log(`cycles ${cycles}, faults ${counts}, violations ${violations.length}`);
  return violations.length === 0 ? 0 : 1;
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    console.error(USAGE);
    process.exit(2);
  },
);
