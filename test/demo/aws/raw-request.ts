import type { LocalAws } from '../../../src/demo/aws/local-aws.ts';
import { type SigningKeys, signatureHeaders } from '../../../src/demo/aws/sigv4.ts';

export interface RawAnswer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly headers: Headers;
}

/** What may be wrong with a request that is otherwise signed as it should be. */
export interface Tweak {
  readonly service?: string;
  readonly at?: Date;
  readonly headers?: (signed: Record<string, string>) => Record<string, string>;
  readonly body?: (signed: string) => string;
}

/** Sends a Query request that no SDK would: any parameters, any tampering after signing. */
export async function rawQuery(
  aws: LocalAws,
  keys: SigningKeys,
  params: Readonly<Record<string, string>>,
  tweak: Tweak = {},
): Promise<RawAnswer> {
  const body = new URLSearchParams({ Version: '2010-05-08', ...params }).toString();
  const request = {
    method: 'POST',
    path: '/',
    query: '',
    headers: { host: new URL(aws.url).host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  };
  const scope = { region: 'us-east-1', service: tweak.service ?? 'iam', at: tweak.at ?? aws.now() };
  const signed = signatureHeaders(request, keys, scope);
  const answer = await fetch(aws.url, {
    method: 'POST',
    headers: tweak.headers?.(signed) ?? signed,
    body: tweak.body?.(body) ?? body,
  });
  const text = await answer.text();
  return { status: answer.status, code: /<Code>(\w+)</.exec(text)?.[1] ?? 'ok', text, headers: answer.headers };
}
