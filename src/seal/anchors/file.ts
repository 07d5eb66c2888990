import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { anchorText, checkpointsIn } from '../../core/audit/anchor-text.ts';
import { type Anchor, AnchorDiffers } from '../anchor.ts';

/** How much of the end is read at once while looking for the start of the last line. */
const STEP = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * A local file, one checkpoint a line, each flushed to the disk before it counts. It is also what the sealer remembers
 * when the database forgets, so it belongs on a disk that is not restored together with it.
 */
export function fileAnchor(file: string): Anchor {
  const name = `file ${file}`;
  const last = async (handle: FileHandle) => {
    const { size } = await handle.stat();
    const line = await lastLine(handle, size);
    if (line === undefined) return undefined;
    const [found] = checkpointsIn(line.text).checkpoints;
    if (found === undefined) {
      throw new Error(`the last line of ${file} is no checkpoint: keep the file, and see what happened to it`);
    }
    return { number: found.header.number, hash: found.hash, end: line.end };
  };
  const opened = async <T>(work: (handle: FileHandle) => Promise<T>): Promise<T> => {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  };
  return {
    name,
    check: async () => {
      await opened(last);
      return undefined;
    },
    memory: () =>
      opened(async (handle) => {
        const found = await last(handle);
        return found && { place: file, number: found.number, hash: found.hash };
      }),
    put: (checkpoint) =>
      opened(async (handle) => {
        const { number } = checkpoint.header;
        const found = await last(handle);
        if (found?.number === number && found.hash === checkpoint.hash) return;
        if (found !== undefined && found.number >= number) {
          throw new AnchorDiffers(`${file} ends with another checkpoint ${found.number}`);
        }
        const end = found?.end ?? 0;
        // A line that a crash cut off was never finished: it is written anew in its place.
        await handle.truncate(end);
        await handle.write(`${anchorText(checkpoint)}\n`, end);
        await handle.datasync();
      }),
  };
}

/** The last whole line and where it ends; undefined in a file without one. */
async function lastLine(handle: FileHandle, size: number) {
  let tail = Buffer.alloc(0);
  for (let from = size; from > 0; ) {
    const start = Math.max(0, from - STEP);
    const { buffer } = await handle.read(Buffer.alloc(from - start), 0, from - start, start);
    tail = Buffer.concat([buffer, tail]);
    from = start;
    const end = tail.lastIndexOf(NEWLINE);
    const begin = end < 0 ? -1 : tail.lastIndexOf(NEWLINE, end - 1);
    if (end >= 0 && (begin >= 0 || start === 0)) {
      return { text: tail.subarray(begin + 1, end).toString('utf8'), end: start + end + 1 };
    }
  }
  return undefined;
}
