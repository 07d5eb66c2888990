// The suites that take longest begin first: whichever came last would be waited for with the other processor idle. Jest
// knows their times from its cache alone, which a fresh clone has not.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import Sequencer from '@jest/test-sequencer';

const SECONDS = JSON.parse(readFileSync(new URL('suite-seconds.json', import.meta.url), 'utf8'));

export default class SlowestFirst extends Sequencer {
  /** @param {readonly import('@jest/test-result').Test[]} tests */
  sort(tests) {
    const seconds = ({ path, context }) => SECONDS[relative(context.config.rootDir, path)] ?? 0;
    return [...tests].sort((a, b) => seconds(b) - seconds(a) || a.path.localeCompare(b.path));
  }
}
