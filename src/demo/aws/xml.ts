/** What an answer is made of. Arrays become `<member>` lists, maps `<entry>` lists; absent members are left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | ReadonlyMap<string, string | number>
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue | undefined };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

const escaped = (text: string): string => text.replace(/[&<>"\r]/g, (char) => ENTITIES[char] ?? char);

/** ISO 8601 in UTC to the second, the form of every instant in a Query answer. */
export const wireTime = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** Writes one element in the Query protocol's XML. */
export function element(name: string, value: XmlValue): string {
  if (Array.isArray(value)) return `<${name}>${value.map((item) => element('member', item)).join('')}</${name}>`;
  if (value instanceof Date) return `<${name}>${wireTime(value)}</${name}>`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => element('entry', { key, value: item }));
    return `<${name}>${entries.join('')}</${name}>`;
  }
  if (typeof value !== 'object') return `<${name}>${escaped(String(value))}</${name}>`;
  const members = Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [element(key, item)]));
  return `<${name}>${members.join('')}</${name}>`;
}

/** A successful answer: `<ActionResponse><ActionResult>…`. Actions without a result have metadata only. */
export function answerXml(action: string, namespace: string, result: XmlValue | undefined, requestId: string): string {
  const body = result === undefined ? '' : element(`${action}Result`, result);
  const metadata = element('ResponseMetadata', { RequestId: requestId });
  return `<${action}Response xmlns="${namespace}">${body}${metadata}</${action}Response>`;
}

/** An error as IAM and STS write it. `Sender` blames the request, `Receiver` the service. */
export function errorXml(
  namespace: string,
  fault: { code: string; status: number; message: string },
  requestId: string,
): string {
  const error = { Type: fault.status < 500 ? 'Sender' : 'Receiver', Code: fault.code, Message: fault.message };
  const body = `${element('Error', error)}${element('RequestId', requestId)}`;
  return `<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>`;
}
