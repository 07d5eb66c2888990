import { LONG } from '../support/long.ts';
import { until } from '../support/until.ts';
import { type Life, openEnvironment, type TestEnvironment } from './environment.ts';
import { isStep, nameOf } from './holds.ts';
import { judge } from './judge.ts';
import { numberedAll, PHASES, type Phase, STEPS, type Steps } from './steps.ts';

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await openEnvironment();
}, 120_000);
afterAll(() => environment.close());

interface Request {
  readonly step: string;
  readonly refused: boolean;
}

/** The broker's requests for a life since an entry of the local AWS's log, numbered. */
function requestsSince(seq: number): readonly Request[] {
  const entries = environment.stage.aws.dials.log(seq).filter(isStep);
  const steps = numberedAll(entries.map((entry) => nameOf(entry).name));
  return entries.map(({ outcome }, index) => ({ step: steps[index] ?? '', refused: outcome !== 'ok' }));
}
const stepsOf = (requests: readonly Request[]): string[] => requests.map(({ step }) => step);
const refusedOf = (requests: readonly Request[]): string[] => stepsOf(requests.filter(({ refused }) => refused));
const newest = (): number => environment.stage.aws.dials.log().at(-1)?.seq ?? 0;

/** What one undisturbed life does, from its approval to its end. */
async function observe(): Promise<Steps> {
  const worker = await environment.worker({ gated: true });
  const [life] = await environment.ask([0]);
  if (life === undefined) throw new Error('nothing was asked');
  const commits: Record<Phase, string[]> = { opening: [], extending: [], revoking: [], proving: [] };
  let phase: Phase = 'opening';
  environment.gate.judge(({ name, text }) => {
    if (!text.includes(life.requestId)) return 'passes';
    if (!commits[phase].includes(name)) commits[phase].push(name);
    // The rest of the chat's work on an opening may overlap with the ending; its names are the same.
    if (name === 'access_removed') phase = 'proving';
    return 'passes';
  });
  const approvedAt = newest();
  await environment.approve([life]);
  await environment.watch([life], ({ request }) => request.state === 'active', 'it to be open', 30_000);
  await environment.notified([life]);
  const opening = requestsSince(approvedAt);
  await environment.wish([life]);
  phase = 'extending';
  const wishedAt = newest();
  await environment.approve([life]);
  await environment.watch(
    [life],
    ({ request }) => (request.extended?.minutes ?? 0) > 0,
    'more time to be there',
    30_000,
  );
  await environment.notified([life]);
  const extending = requestsSince(wishedAt);
  const endedAt = newest();
  phase = 'revoking';
  await environment.end([life]);
  await environment.watch([life], ({ request }) => request.state === 'closed', 'it to be closed', 30_000);
  await environment.notified([life]);
  // From here on no step is meant: a queue that is being closed finishes its last job with another call.
  environment.gate.judge(() => 'passes');
  await worker.stop();
  const ending = requestsSince(endedAt);
  const proof = ending.findIndex(({ step }) => step === 'GetCallerIdentity');
  const parts = { opening, extending, revoking: ending.slice(0, proof), proving: ending.slice(proof) };
  const each = <T>(of: (requests: readonly Request[]) => T): Record<Phase, T> => ({
    opening: of(parts.opening),
    extending: of(parts.extending),
    revoking: of(parts.revoking),
    proving: of(parts.proving),
  });
  return { aws: each(stepsOf), refused: each(refusedOf), commits };
}

it('crashes are tried at every step that a life makes: the list neither shrinks nor grows unseen (D1)', async () => {
  const seen = await observe();
  console.info(JSON.stringify(seen, undefined, 2));
  for (const phase of PHASES) {
    // Reads of several policies go out at once, in any order.
    expect({ phase, requests: seen.aws[phase].toSorted() }).toEqual({ phase, requests: STEPS.aws[phase].toSorted() });
  }
  expect(seen.refused).toEqual(STEPS.refused);
  // What the chat and the queue commit comes when it comes; the row's own commits have their place.
  const namesOf = ({ commits }: Steps) => [...new Set(PHASES.flatMap((phase) => commits[phase]))].toSorted();
  expect(namesOf(seen)).toEqual(namesOf(STEPS));
  const ofTheRow = ({ commits }: Steps) =>
    PHASES.flatMap((phase) => commits[phase]).filter((name) => /^(access|extension|sessions)_/.test(name));
  expect(ofTheRow(seen)).toEqual(ofTheRow(STEPS));
}, 240_000);

/** Waits, with a worker killed as soon as it would commit this. */
async function killedAt(life: Life, event: string, withinMs: number): Promise<void> {
  const worker = await environment.worker({ gated: true });
  let held = false;
  environment.gate.judge(({ name, text }) => {
    const here = !held && name === event && text.includes(life.requestId);
    held ||= here;
    return here ? 'is lost' : 'passes';
  });
  if ((await environment.row(life)).request.state === 'pending') await environment.approve([life]);
  await until(() => held, `the commit of ${event}`, withinMs);
  await worker.kill();
  environment.gate.judge(() => 'passes');
  environment.gate.release();
}

/** One minute is the shortest window, so the whole of it is for `npm run test:crash`. */
if (LONG) {
  it('a window that runs out is warned of and ended, whoever is killed at either commit (D1, D7)', async () => {
    const requests = await environment.worker();
    const [life] = await environment.ask([1], 1);
    if (life === undefined) throw new Error('nothing was asked');
    await requests.stop();
    for (const event of ['access_ending_soon', 'end_requested']) await killedAt(life, event, 90_000);
    const last = await environment.worker();
    await environment.watch([life], ({ request }) => request.state === 'closed', 'it to be closed', 60_000);
    await environment.notified([life]);
    await last.stop();
    expect(await judge(environment, life, { outcomes: ['ended'] })).toEqual([]);
  }, 240_000);
}
