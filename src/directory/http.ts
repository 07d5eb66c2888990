import type { Directory } from '../core/policy/directory.ts';
import { directorySchema, type Policy, type Source } from '../core/policy/policy.ts';
import type { PolicyParts } from '../core/policy/policy-parts.ts';
import { getJson, type HttpOptions, SourceError } from '../http-json.ts';
import type { DirectorySource } from '../ports/directory.ts';

type HttpSource = Extract<Source, { kind: 'http' }>;
interface Answer {
  readonly directory: Directory;
  readonly askedAt: number;
}

/** Some 20,000 people, as JSON. */
const DIRECTORY_MAX_BYTES = 16_000_000;

/**
 * The directory over HTTP (docs/sources.md). An answer is used again for `cacheSeconds` (60 at most), counted from the
 * moment it was asked for; several readers at once share one question. Rejects on anything but a whole, well-formed
 * answer: an older one never stands in for a failure.
 */
export function httpDirectory(options: HttpOptions, parts: PolicyParts): DirectorySource {
  const schema = directorySchema(parts);
  let last: { readonly url: string; readonly answer: Promise<Answer>; readonly since: number } | undefined;
  return {
    read: async (policy: Policy) => {
      const source = policy.directory;
      if (source.kind !== 'http') throw new Error('the directory of this policy is not an HTTP source');
      const fresh = last?.url === source.url && options.now() - last.since < source.cacheSeconds * 1000;
      if (last === undefined || !fresh) {
        last = { url: source.url, since: options.now(), answer: ask(source, schema, options) };
      }
      const current = last;
      try {
        const { directory, askedAt } = await current.answer;
        return { directory, ageMs: options.now() - askedAt };
      } catch (error) {
        if (last === current) last = undefined;
        throw error;
      }
    },
  };
}

async function ask(
  source: HttpSource,
  schema: ReturnType<typeof directorySchema>,
  options: HttpOptions,
): Promise<Answer> {
  const url = new URL(source.url);
  const question = {
    source: 'the directory',
    url,
    timeoutMs: source.timeoutSeconds * 1000,
    maxBytes: DIRECTORY_MAX_BYTES,
  };
  const { status, body, askedAt } = await getJson(question, options);
  if (status !== 200) throw new SourceError(`the directory at ${url.host} answered ${status}`);
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new SourceError(
      `the directory at ${url.host} answered in another shape than docs/sources.md says, at "${place}"`,
    );
  }
  // Which of two teams under one id is meant decides who is outside it, so such an answer is none.
  const teams = parsed.data.teams.map(({ id }) => id);
  if (new Set(teams).size < teams.length) {
    throw new SourceError(`the directory at ${url.host} answered with two teams of one id`);
  }
  return { directory: parsed.data, askedAt };
}
