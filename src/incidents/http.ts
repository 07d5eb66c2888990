import { z } from 'zod';
import { type IncidentRecord, incidentSchema, type Policy, type Source } from '../core/policy.ts';
import { askJson, type HttpOptions, SourceError } from '../http-json.ts';
import type { IncidentSource } from '../ports/incidents.ts';

type HttpSource = Extract<Source, { kind: 'http' }>;
interface Answer {
  readonly incident: IncidentRecord | 'not_found';
  readonly askedAt: number;
}

const INCIDENT_MAX_BYTES = 64_000;
/** Answers kept; an old one makes room. */
const KEPT_MAX = 500;

/** A channel that is no channel id is left out: the card then goes where it would go without one. */
const answerSchema = incidentSchema.extend({ channel: incidentSchema.shape.channel.catch(undefined) });

/** The one way to say "there is no such incident". A bare 404 may come from anything that stands in between. */
const notFoundSchema = z.object({ error: z.literal('not_found') });

/**
 * Incidents over HTTP: `GET <url>/<id>` (docs/sources.md). An incident is used again for `cacheSeconds` (60 at most),
 * counted from the moment it was asked for; "not found" never is, since the incident may be opened a second later.
 * Rejects on every other answer, and on none: that is neither "closed" nor "not found".
 */
export function httpIncidents(options: HttpOptions): IncidentSource {
  const kept = new Map<string, Answer>();
  return {
    find: async (policy: Policy, id: string) => {
      const source = policy.incidents;
      if (source.kind !== 'http') throw new Error('the incident source of this policy is not an HTTP source');
      // Such an id no incident can have; a path like ".." is never sent.
      if (!incidentSchema.shape.id.safeParse(id).success) return { incident: 'not_found', ageMs: 0 };
      const url = addressOf(source, id);
      const known = kept.get(url.href);
      if (known !== undefined && options.now() - known.askedAt < source.cacheSeconds * 1000) {
        return { incident: known.incident, ageMs: options.now() - known.askedAt };
      }
      kept.delete(url.href);
      const answer = await ask(source, url, id, options);
      if (answer.incident !== 'not_found') keep(kept, url.href, answer);
      return { incident: answer.incident, ageMs: options.now() - answer.askedAt };
    },
  };
}

function addressOf(source: HttpSource, id: string): URL {
  const url = new URL(source.url);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(id)}`;
  return url;
}

function keep(kept: Map<string, Answer>, address: string, answer: Answer): void {
  const oldest = kept.keys().next();
  if (kept.size >= KEPT_MAX && !oldest.done) kept.delete(oldest.value);
  kept.set(address, answer);
}

async function ask(source: HttpSource, url: URL, id: string, options: HttpOptions): Promise<Answer> {
  const from = `the incident source at ${url.host}`;
  const question = {
    source: 'the incident source',
    url,
    timeoutMs: source.timeoutSeconds * 1000,
    maxBytes: INCIDENT_MAX_BYTES,
  };
  const { status, body, askedAt } = await askJson(question, options);
  if (status === 404 && notFoundSchema.safeParse(body).success) return { incident: 'not_found', askedAt };
  if (status !== 200) throw new SourceError(`${from} answered ${status}`);
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new SourceError(`${from} answered in another shape than docs/sources.md says, at "${place}"`);
  }
  if (parsed.data.id !== id) throw new SourceError(`${from} answered about another incident`);
  return { incident: parsed.data, askedAt };
}
