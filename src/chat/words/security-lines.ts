import type { RequestEventName } from '../../core/events.ts';
import { detailOf, text } from './event-data.ts';
import { droppedWords, type Line, person } from './timeline-entry.ts';
import { frozenWords } from './words.ts';

/** What the security group does to a request, told: it is held by a freeze, or its ending is attested. */
export const OF_SECURITY = {
  request_held: (data) => ({
    said: [
      { strong: 'This waits. ' },
      frozenWords(detailOf(data)),
      ' No approval counts until two security people lift it, and the time to decide goes on. Phone security if it cannot wait.',
    ],
  }),
  request_resumed: () => ({
    said: ['Openings are not frozen any more. Approvals count again: press again if yours was refused.'],
  }),
  ending_attested: (data, { request }) => ({
    said: [
      person(request, data.person, data.name),
      ' attests that the access ended, which nothing could prove.',
      ...droppedWords(data.dropped),
      Number(data.missing) > 0
        ? ' Another security person who neither asked nor approved must say so too.'
        : ' Two have said so: it is closed without proof, which is not compliant.',
    ],
    quote: text(data.statement),
  }),
} as const satisfies Partial<Record<RequestEventName, Line>>;
