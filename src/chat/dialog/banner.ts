import type { Freeze } from '../../core/request/freeze.ts';
import { bannerWords } from '../words/freeze-words.ts';
import type { FormBlock } from './form-view.ts';

/** Said on top of a form while openings are frozen. */
export const banner = (frozen: Freeze | undefined, sending: 'opens' | 'takes away'): readonly FormBlock[] =>
  frozen === undefined ? [] : [{ words: bannerWords(frozen, sending) }];
