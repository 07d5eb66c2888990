import { Failure } from '../../core/failure.ts';
import type { Logger } from '../../ports/logger.ts';
import { UNEXPECTED } from '../words/words.ts';

/** What to tell somebody whose click or command ended in an error. Only `say` of a failure is for their eyes. */
export function troubleWords({ logger }: { readonly logger: Logger }, error: unknown): string {
  if (error instanceof Failure) {
    logger.warn({ code: error.code, why: error.message }, 'a click or command failed');
    return error.say;
  }
  logger.error({ why: String(error) }, 'a click or command broke');
  return UNEXPECTED;
}
