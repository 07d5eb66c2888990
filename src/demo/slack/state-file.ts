import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isFields, parseJson } from './json.ts';
import type { World, WorldRecord } from './world.ts';

const SAVE_AFTER_MS = 200;

/** What an earlier start left; undefined when there is nothing, or nothing readable (a demo then starts afresh). */
export function readStateFile(path: string): WorldRecord | undefined {
  if (!existsSync(path)) return undefined;
  const parsed = parseJson(readFileSync(path, 'utf8'));
  return parsed.ok && isRecord(parsed.value) ? parsed.value : undefined;
}

/** Saves the world shortly after every change, and at once when the returned function is called (which also stops). */
export function keepStateFile(path: string, world: World): () => void {
  mkdirSync(dirname(path), { recursive: true });
  let timer: NodeJS.Timeout | undefined;
  const save = (): void => {
    timer = undefined;
    writeFileSync(`${path}.new`, JSON.stringify(world.record()));
    renameSync(`${path}.new`, path);
  };
  const stop = world.onChange(() => {
    timer ??= setTimeout(save, SAVE_AFTER_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
    save();
  };
}

const isRecord = (value: unknown): value is WorldRecord =>
  isFields(value) && Array.isArray(value.channels) && Array.isArray(value.directs) && Array.isArray(value.messages);
