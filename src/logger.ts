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

/** JSON lines on stderr, so that what a command prints stays clean. */
export const makeLogger = (level: string): Logger =>
  pino({ level, base: null, redact: [...SECRET_PATHS], timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
