import { anchorScan, anchorText, checkpointsIn } from '../../../src/core/audit/anchor-text.ts';
import { SealedLog } from './sealed-log.ts';

const log = new SealedLog().open('R1').wait(30).seal().wait(20).go('R1').wait(20).seal();
const lines = log.checkpoints.map(({ publicKey: _, ...one }) => anchorText(one));
const numbers = (text: string) => checkpointsIn(text).checkpoints.map(({ header }) => header.number);

describe('checkpoints in a text (E4)', () => {
  it('are found whatever is said around them, a word of a bundle too', () => {
    const said = lines.map((line) => `mallory: "format":"breakglass-bundle" {\n${line}\n`).join('');
    expect(numbers(said)).toEqual([1, 2]);
  });

  it('are found in what a chat exports: posts as texts of a JSON document', () => {
    const posts = lines.map((line) => ({ type: 'message', text: `Checkpoint of the log:\n\`\`\`${line}\`\`\`` }));
    expect(numbers(JSON.stringify(posts).replaceAll('/', '\\/'))).toEqual([1, 2]);
  });

  it('are not taken from a bundle', async () => {
    const bundle = JSON.stringify({ ...JSON.parse(await log.text()), copied: lines.map((line) => JSON.parse(line)) });
    expect(checkpointsIn(bundle)).toMatchObject({ checkpoints: [], skipped: expect.stringContaining('a bundle') });
  });

  it('are found after one that was cut off, which is counted', () => {
    const [first = '', second = ''] = lines;
    const { checkpoints, damaged } = checkpointsIn(`${first.slice(0, -40)}\n${second}\n${first.slice(0, 50)}`);
    expect([checkpoints.map(({ header }) => header.number), damaged]).toEqual([[2], 2]);
  });

  it('are the same in pieces, cut anywhere', () => {
    const [first = '', second = ''] = lines;
    const texts = [`before ${lines.join(' between\n')} after`, `${first.slice(0, -40)}${second}${first.slice(0, 50)}`];
    for (const text of texts) {
      for (const size of [1, 2, 7, 8, 9, 10, 1000]) {
        const scan = anchorScan();
        for (let at = 0; at < text.length; at += size) scan.add(text.slice(at, at + size));
        expect(scan.end()).toEqual(checkpointsIn(text));
        expect(numbers(text).at(-1)).toBe(2);
      }
    }
  });

  it('cost no more than their length where each beginning has no end', () => {
    // Quadratic work would take minutes, and the suite's own deadline would end it.
    const { damaged } = checkpointsIn('{"hash":"'.repeat(400_000));
    expect(damaged).toBe(400_000);
  });
});
