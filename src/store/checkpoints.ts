import { headerSchema } from '../core/audit/checkpoint.ts';
import type { Leaf } from '../core/audit/merkle.ts';
import type { CheckpointReader, KeptCheckpoint, LeafChange } from '../ports/checkpoints.ts';
import type { Database, Tx } from './database.ts';
import { wholeOf } from './decode.ts';

type Client = Pick<Tx, 'checkpoint' | 'checkpointLeaf'>;
interface CheckpointRecord {
  readonly header: unknown;
  readonly hash: string;
  readonly signature: string;
  readonly publicKey: string;
}

/** Rejects where a header is not one: verifying must not go on from what it cannot read. */
const checkpointOf = ({ header, hash, signature, publicKey }: CheckpointRecord): KeptCheckpoint => ({
  header: headerSchema.parse(header),
  hash,
  signature,
  publicKey,
});

export async function newestCheckpoint(client: Client): Promise<KeptCheckpoint | undefined> {
  const found = await client.checkpoint.findFirst({ orderBy: { number: 'desc' } });
  return found === null ? undefined : checkpointOf(found);
}

export async function checkpointsAfter(
  client: Client,
  number: number,
  limit: number,
): Promise<readonly KeptCheckpoint[]> {
  const found = await client.checkpoint.findMany({
    where: { number: { gt: number } },
    orderBy: { number: 'asc' },
    take: limit,
  });
  return found.map(checkpointOf);
}

export async function changesBetween(client: Client, after: number, upTo: number): Promise<readonly LeafChange[]> {
  const found = await client.checkpointLeaf.findMany({
    where: { number: { gt: after, lte: upTo } },
    orderBy: [{ number: 'asc' }, { stream: 'asc' }],
  });
  return found.map(({ number, ...leaf }) => ({ checkpoint: number, ...leaf }));
}

/** The checkpoints as anybody may read them. */
export const checkpointReader = (database: Database): CheckpointReader => ({
  newest: () => database.read('read the newest checkpoint', newestCheckpoint),
  after: (number, limit) => database.read('read checkpoints', (prisma) => checkpointsAfter(prisma, number, limit)),
  some: (numbers) =>
    database.read('read checkpoints', async (prisma) => {
      const found = await prisma.checkpoint.findMany({
        where: { number: { in: [...numbers] } },
        orderBy: { number: 'asc' },
      });
      return found.map(checkpointOf);
    }),
  findings: () =>
    database.read('read what checkpoints found', async (prisma) => {
      const found = await prisma.$queryRaw<{ readonly number: unknown }[]>`
        SELECT c."number" FROM "checkpoints" AS c LEFT JOIN "checkpoints" AS b ON b."number" = c."number" - 1
        WHERE c."header" ? 'unexplained' AND c."header" -> 'unexplained' IS DISTINCT FROM b."header" -> 'unexplained'
        ORDER BY c."number"`;
      return found.map(({ number }) => wholeOf(number, 'the number of a checkpoint'));
    }),
  rotations: () =>
    database.read('read rotations of the key', async (prisma) => {
      const found = await prisma.$queryRaw<{ readonly number: unknown }[]>`
        SELECT "number" FROM "checkpoints" WHERE "header" ? 'nextKey' ORDER BY "number"`;
      return found.map(({ number }) => wholeOf(number, 'the number of a checkpoint'));
    }),
  changes: (after, upTo) => database.read('read leaves', (prisma) => changesBetween(prisma, after, upTo)),
  changesOf: (streams, upTo) =>
    database.read('read how streams were sealed', async (prisma) => {
      const found = await prisma.checkpointLeaf.findMany({
        where: { stream: { in: [...streams] }, number: { lte: upTo } },
        orderBy: { number: 'asc' },
      });
      return found.map(({ number, ...leaf }) => ({ checkpoint: number, ...leaf }));
    }),
  leavesAt: (number, after, limit) =>
    database.read(
      'read leaves',
      (prisma) =>
        prisma.$queryRaw<Leaf[]>`
        SELECT DISTINCT ON ("stream") "stream", "length", "head" FROM "checkpoint_leaves"
        WHERE "number" <= ${number} AND "stream" > ${after}
        ORDER BY "stream", "number" DESC LIMIT ${limit}`,
    ),
});
