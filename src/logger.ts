import { pino } from 'pino';
import type { Logger } from './ports/logger.ts';

const SECRET_PATHS = [
  'token',
  'password',
  'secret',
  'authorization',
  '*.token',
  '*.password',
  '*.secret',
  '*.authorization',
];

/** Characters that may wait to be written; lines beyond that are dropped. */
const UNWRITTEN_MAX = 1_048_576;

/** JSON lines on stderr, so that what a command prints stays clean. */
export function makeLogger(level: string): Logger {
  const stderr = pino.destination({ dest: 2, minLength: 0, maxLength: UNWRITTEN_MAX });
  // A disk that is full loses lines; an error that nobody listens to would take the process with them.
  stderr.on('error', () => undefined);
  return pino({ level, base: null, redact: [...SECRET_PATHS], timestamp: pino.stdTimeFunctions.isoTime }, stderr);
}
