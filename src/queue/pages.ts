import type { Row } from '../core/request/work.ts';
import type { Store } from '../ports/store.ts';

/** Rows read at once. */
const PAGE = 100;

/** Every row with work due before `before`, page by page, beginning after the row with id `after`. */
export async function* pages(
  store: Pick<Store, 'due'>,
  before: Date,
  after?: string,
): AsyncGenerator<readonly Row[], void> {
  let last = after;
  for (;;) {
    const rows = await store.due(before, PAGE, last);
    if (rows.length > 0) yield rows;
    last = rows.at(-1)?.request.details.id;
    if (rows.length < PAGE || last === undefined) return;
  }
}
