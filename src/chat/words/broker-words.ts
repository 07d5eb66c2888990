import { type Clouds, cloudWordsOf } from '../../core/policy/cloud.ts';
import type { CloudPlace } from '../../ports/cloud-memory.ts';
import type { NamedPlace, Words } from '../../ports/words.ts';
import { failingEnding } from './failing-ending.ts';
import * as findings from './findings-words.ts';
import { placeWords, sharedWords } from './place-words.ts';

/** What the broker says to people, with what each of these clouds calls its things. */
export function brokerWords(clouds: Clouds): Words {
  const of = (all: readonly CloudPlace[]) => sharedWords(clouds, all);
  const named = (all: readonly NamedPlace[]): readonly string[] =>
    all.map((one) => `${placeWords(clouds, one)}: ${one.name}`);
  return {
    incidentSourceDown: () =>
      'The incident source is down: it does not answer about its probe either. Meanwhile nobody opens access alone: each request, and each extension, needs one more person. Whoever runs the source must look at it. I say when it answers again.',
    incidentSourceBack: () => 'The incident source answers again. Requests are checked against it as before.',
    nothingOpens: (doubt) => ({
      summary: `Nothing is opened, since ${doubt}. Endings go on.`,
      details: [
        'Find out who changed it, and what else they did: breakglass audit verify.',
        'Then put a policy in force that you trust: breakglass apply FILE.',
      ],
    }),
    failingEnding: (request) => failingEnding(request, cloudWordsOf(clouds, request.details.terms.role.provider)),
    orphanClosed: (orphan) => findings.closedWords(orphan, of([orphan])),
    orphanNotClosed: (orphan) => findings.failedWords(orphan, of([orphan])),
    orphansFoundClosed: (orphans) => findings.foundClosedWords(orphans, of(orphans)),
    foreignObjects: (orphans) => findings.foreignWords(orphans, of(orphans)),
    tooManyOrphans: () =>
      findings.stoppedWords(
        sharedWords(
          clouds,
          Object.keys(clouds).map((provider) => ({ provider })),
        ),
      ),
    orphansStayOpen: (left) => ({ summary: findings.unclosedWords(left.length, of(left)), details: named(left) }),
    endingsUndone: (left) => ({ summary: findings.tombstoneWords(left.length, of(left)), details: named(left) }),
    accountUnlisted: (place) => findings.unlistedWords(place, of([place])),
  };
}
