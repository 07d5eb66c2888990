import { z } from 'zod';
import type { Definitions } from '../core/policy/definitions.ts';
import { type IncidentRecord, incidentId, incidentSchema, type Policy } from '../core/policy/policy.ts';
import { getJson, type HttpOptions, SourceError } from '../http-json.ts';
import type { IncidentSource } from '../ports/incidents.ts';
import { isSameId } from './same-id.ts';

type HttpSource = Extract<Policy['incidents'], { kind: 'http' }>;
interface Answer {
  readonly incident: IncidentRecord | 'not_found';
  readonly askedAt: number;
}

const INCIDENT_MAX_BYTES = 64_000;
/** Answers kept; an old one makes room. */
const KEPT_MAX = 500;

type AnswerSchema = ReturnType<typeof answerSchema>;

/**
 * What is optional and in another shape is left out: without a channel of a chat that we know the card goes where it would
 * go anyway, and an incident without a severity opens nothing where a zone asks for one.
 */
const answerSchema = (definitions: Definitions) => {
  const schema = incidentSchema(definitions);
  const { severity, startedAt, endedAt } = schema.shape;
  return schema.extend({
    severity: severity.catch(undefined),
    startedAt: startedAt.catch(undefined),
    endedAt: endedAt.catch(undefined),
    channels: z
      .unknown()
      .transform((named) => channelsIn(named, definitions))
      .optional(),
  });
};

const channelsIn = (named: unknown, { chats }: Definitions): NonNullable<IncidentRecord['channels']> =>
  Object.fromEntries(
    chats.flatMap(({ name, channel: { pattern } }) => {
      const id = (named as Readonly<Record<string, unknown>> | null | undefined)?.[name];
      return typeof id === 'string' && pattern.test(id) ? [[name, id]] : [];
    }),
  );

/** The one way to say "there is no such incident". A bare 404 may come from anything that stands in between. */
const notFoundSchema = z.object({ error: z.literal('not_found') });

/**
 * Incidents over HTTP: `GET <url>/<id>` (docs/sources.md). An incident is used again for `cacheSeconds` (60 at most),
 * counted from the moment it was asked for; "not found" never is, since the incident may be opened a second later.
 *
 * Every other answer, and none in time, may have been brought about by whoever chose the id, so it says nothing about the
 * source. Then the probe is asked, by the same path and token: the source is down only if that fails too, and otherwise
 * the answer is unclear, which is a no. Each question has `timeoutSeconds` of its own, so that no id uses up the probe's
 * time; both fit the 10 s of a look-up.
 */
export function httpIncidents(options: HttpOptions, definitions: Definitions): IncidentSource {
  const kept = new Map<string, Answer>();
  const schema = answerSchema(definitions);
  const probe = probing(options, schema);
  return {
    find: async (policy, id) => {
      const source = sourceOf(policy);
      // Such an id no incident can have; a path like ".." is never sent.
      if (!incidentId.safeParse(id).success) return { incident: 'not_found', ageMs: 0 };
      const url = addressOf(source, id);
      const known = kept.get(url.href);
      if (known !== undefined && options.now() - known.askedAt < source.cacheSeconds * 1000) {
        return { incident: known.incident, ageMs: options.now() - known.askedAt };
      }
      kept.delete(url.href);
      const from = options.now();
      try {
        const answer = await ask(source, id, options, schema);
        if (answer.incident !== 'not_found') keep(kept, url.href, answer);
        return { incident: answer.incident, ageMs: options.now() - answer.askedAt };
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        await probe(source, error.message);
        return { incident: 'unclear', ageMs: options.now() - from, why: error.message };
      }
    },
    probe: (policy) => probe(sourceOf(policy)),
  };
}

function sourceOf({ incidents }: Policy): HttpSource {
  if (incidents.kind !== 'http') throw new Error('the incident source of this policy is not an HTTP source');
  return incidents;
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

/**
 * Asks about the incident that is always there; rejects unless its record comes back. Nothing is kept of it, but those
 * who ask while it is under way share its answer: a burst of odd ids is one question more, not one each.
 */
function probing(options: HttpOptions, schema: AnswerSchema) {
  const underWay = new Map<string, Promise<void>>();
  const askProbe = async (source: HttpSource): Promise<void> => {
    const { incident } = await ask(source, source.probe, options, schema);
    if (incident === 'not_found') throw new SourceError('the incident source does not know its own probe');
  };
  return async (source: HttpSource, before?: string): Promise<void> => {
    const key = JSON.stringify([source.url, source.probe, source.timeoutSeconds]);
    const asked = underWay.get(key) ?? askProbe(source).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    try {
      await asked;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SourceError(before === undefined ? why : `${before}; asked about ${source.probe}: ${why}`);
    }
  };
}

/** One answer that docs/sources.md knows. Rejects with `SourceError` on every other, and on none. */
async function ask(source: HttpSource, id: string, options: HttpOptions, schema: AnswerSchema): Promise<Answer> {
  const url = addressOf(source, id);
  const from = `the incident source at ${url.host}`;
  const question = {
    source: 'the incident source',
    url,
    timeoutMs: source.timeoutSeconds * 1000,
    maxBytes: INCIDENT_MAX_BYTES,
  };
  const { status, body, askedAt } = await getJson(question, options);
  if (status === 404 && notFoundSchema.safeParse(body).success) return { incident: 'not_found', askedAt };
  if (status !== 200) throw new SourceError(`${from} answered ${status}`);
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new SourceError(`${from} answered in another shape than docs/sources.md says, at "${place}"`);
  }
  if (!isSameId(parsed.data.id, id)) throw new SourceError(`${from} answered about another incident`);
  return { incident: parsed.data, askedAt };
}
