import fc from 'fast-check';
import { anchorText, checkpointsIn } from '../../../src/core/audit/anchor-text.ts';
import { checkpointProblem, checkpointSchema, signCheckpoint } from '../../../src/core/audit/checkpoint.ts';
import { findingsOf, findingsWords, NAMED_MAX } from '../../../src/core/audit/findings.ts';
import { verifyBundle } from '../../../src/core/audit/verify-bundle.ts';
import { aKey, SealedLog } from './sealed-log.ts';

const { privateKey, publicKey } = aKey();
const at = new Date('2026-03-01T12:00:00.000Z');
const signed = (found: Parameters<typeof findingsOf>[0], rows = found.length) =>
  signCheckpoint({
    ...{ previous: undefined, at, root: '0'.repeat(64), streams: 0, events: 0, leaves: [], privateKey },
    unexplained: findingsOf(found, rows),
  });
const C1 = { stream: 'request/C1', what: 'approvals.0.by.name is not what its events say' };

describe('what a checkpoint says of rows that their events do not explain (E4)', () => {
  it('is signed with it, and comes back from any copy of it, whatever stood in the row', () => {
    const words = fc.record({ stream: fc.string(), what: fc.oneof(fc.string(), fc.constant('a {"hash":" b\\ c')) });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 30 }), (found) => {
        const checkpoint = signed(found);
        expect(checkpointSchema.safeParse(checkpoint).success).toBe(true);
        const copy = anchorText(checkpoint).replace(/(.{40})/g, '$1\n  ');
        const { checkpoints, damaged } = checkpointsIn(copy);
        expect([damaged, checkpoints.map((one) => checkpointProblem(one, publicKey))]).toEqual([0, [undefined]]);
      }),
    );
  });

  it('cannot be taken away, nor changed', () => {
    const { header, ...rest } = signed([C1]);
    const { unexplained, ...without } = header;
    expect(checkpointProblem({ header: without, ...rest }, publicKey)).toMatch(/was changed/);
    const less = { ...header, unexplained: { rows: 2, first: unexplained?.first ?? [] } };
    expect(checkpointProblem({ header: less, ...rest }, publicKey)).toMatch(/was changed/);
  });

  it('names no more than it has room for, and counts the others', () => {
    const many = Array.from({ length: 50 }, (_, n) => ({ ...C1, stream: `request/C${n}` }));
    const { unexplained } = signed(many, 1000).header;
    expect([unexplained?.rows, unexplained?.first.length]).toEqual([1000, NAMED_MAX]);
    expect(unexplained && findingsWords(unexplained)).toMatch(
      /^found 1000 rows that their events did not explain: request\/C0 \(approvals\.0\.by\.name is not what its events say\).*, and 980 more$/,
    );
  });

  it('leaves a bundle of that request not proven, and no other', async () => {
    const log = new SealedLog({ privateKey, publicKey }).open('R1').open('X1', 'INC-2');
    const found = findingsOf([{ ...C1, stream: 'request/X1' }], 1);
    log.wait(30).seal(undefined, found);
    const unknown = async (incident: string) =>
      verifyBundle(await log.bundle(incident), { publicKey, anchors: log.anchors() }).unknown;
    expect(await unknown('INC-1')).toEqual([]);
    expect(await unknown('INC-2')).toEqual([expect.stringMatching(/^checkpoint 1 found 1 row .*request\/X1/)]);
  });
});
