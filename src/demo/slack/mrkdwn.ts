/**
 * Slack's message markup, read the way Slack's client reads it, for one reader.
 * https://docs.slack.dev/messaging/formatting-message-text
 */

/** One piece of shown text. Only what is listed here can have an effect; everything else is words. */
export type Ink =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'quote'; readonly children: readonly Ink[] }
  | { readonly kind: 'code' | 'pre'; readonly text: string }
  | { readonly kind: 'link'; readonly url: string; readonly text: string }
  | { readonly kind: 'mention'; readonly id: string; readonly text: string; readonly own: boolean }
  | { readonly kind: 'channel'; readonly id: string; readonly text: string }
  | { readonly kind: 'broadcast'; readonly text: string }
  | { readonly kind: 'date'; readonly text: string; readonly iso: string; readonly url?: string };

/** What the reader's client knows. */
export interface Reader {
  readonly id: string;
  readonly tz: string;
  readonly now: number;
  readonly personName: (id: string) => string | undefined;
  readonly channelName: (id: string) => string | undefined;
}

/** `&amp;`, `&lt;` and `&gt;` are the only entities Slack knows. */
export const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** What Slack does to `&`, `<` and `>` that a person typed, before an app sees them. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Reads a `plain_text` text: nothing in it is markup. */
export const readPlain = (text: string): readonly Ink[] => [{ kind: 'text', text: unescaped(text) }];

/** Reads a `mrkdwn` text, or the `text` of a message. `verbatim` switches off turning bare addresses into links. */
export function readMrkdwn(text: string, reader: Reader, verbatim = false): readonly Ink[] {
  return text.split(/```/).flatMap((part, index, all): readonly Ink[] => {
    const fenced = index % 2 === 1 && index < all.length - 1;
    if (fenced) return [{ kind: 'pre', text: unescaped(part.replace(/^\n/, '').replace(/\n$/, '')) }];
    const unclosed = index % 2 === 1 ? '```' : '';
    return readLines(unclosed + part, reader, verbatim);
  });
}

function readLines(text: string, reader: Reader, verbatim: boolean): readonly Ink[] {
  const out: Ink[] = [];
  text.split('\n').forEach((line, index) => {
    const quoted = /^(?:&gt;|>) ?/.exec(line);
    if (index > 0 && out.at(-1)?.kind !== 'quote') out.push({ kind: 'text', text: '\n' });
    if (quoted) out.push({ kind: 'quote', children: inline(line.slice(quoted[0].length), reader, verbatim) });
    else out.push(...inline(line, reader, verbatim));
  });
  return out.filter((ink) => ink.kind !== 'text' || ink.text !== '');
}

const STYLES = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
const isStyle = (mark: string): mark is keyof typeof STYLES => Object.hasOwn(STYLES, mark);

function inline(text: string, reader: Reader, verbatim: boolean): readonly Ink[] {
  const out: Ink[] = [];
  let words = '';
  const flush = (): void => {
    if (words !== '') out.push({ kind: 'text', text: unescaped(words) });
    words = '';
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const code = /^`([^`\n]+)`/.exec(rest);
    const token = /^<([^<>\n]+)>/.exec(rest);
    const address = verbatim ? null : /^https?:\/\/[^\s<>|*~`]+/.exec(rest);
    const styled = styledAt(text, at);
    if (code) {
      flush();
      out.push({ kind: 'code', text: unescaped(code[1] ?? '') });
      at += code[0].length;
    } else if (token) {
      flush();
      out.push(readToken(token[1] ?? '', reader));
      at += token[0].length;
    } else if (address) {
      flush();
      out.push({ kind: 'link', url: unescaped(address[0]), text: unescaped(address[0]) });
      at += address[0].length;
    } else if (styled) {
      flush();
      out.push({ kind: styled.kind, children: inline(styled.inner, reader, verbatim) });
      at += styled.inner.length + 2;
    } else {
      words += text[at] ?? '';
      at += 1;
    }
  }
  flush();
  return out;
}

/** `*bold*` counts only at a word's edge and with no space just inside, as in Slack's client. */
function styledAt(text: string, at: number): { kind: 'bold' | 'italic' | 'strike'; inner: string } | undefined {
  const mark = text[at] ?? '';
  if (!isStyle(mark) || /[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return undefined;
  for (let end = text.indexOf(mark, at + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    const inner = text.slice(at + 1, end);
    if (inner !== '' && !/^\s|\s$/.test(inner) && !/[\p{L}\p{N}]/u.test(text[end + 1] ?? ' '))
      return { kind: STYLES[mark], inner };
  }
  return undefined;
}

function readToken(token: string, reader: Reader): Ink {
  const [head = '', ...labels] = token.split('|');
  const label = labels.length > 0 ? unescaped(labels.join('|')) : undefined;
  const date = /^!date\^(-?\d+)\^([^^]*)(?:\^(.+))?$/.exec(head);
  if (date) {
    const at = Number(date[1]) * 1000;
    const url = date[3];
    const text = readDate(at, unescaped(date[2] ?? ''), reader) ?? label ?? head;
    return {
      kind: 'date',
      text,
      iso: new Date(at).toISOString(),
      ...(url === undefined ? {} : { url: unescaped(url) }),
    };
  }
  if (/^@[UW]/.test(head)) {
    const id = head.slice(1);
    return { kind: 'mention', id, text: `@${reader.personName(id) ?? label ?? id}`, own: id === reader.id };
  }
  if (head.startsWith('#')) {
    const id = head.slice(1);
    return { kind: 'channel', id, text: `#${reader.channelName(id) ?? label ?? id}` };
  }
  if (/^!(here|channel|everyone)/.test(head)) return { kind: 'broadcast', text: `@${head.slice(1)}` };
  if (head.startsWith('!')) return { kind: 'text', text: label ?? `<${token}>` };
  if (/^(https?:\/\/|mailto:)/.test(head))
    return { kind: 'link', url: unescaped(head), text: label ?? unescaped(head) };
  return { kind: 'text', text: `<${unescaped(token)}>` };
}

/** https://docs.slack.dev/messaging/formatting-message-text#date-formatting . Undefined for a format Slack does not know. */
function readDate(at: number, format: string, { tz, now }: Reader): string | undefined {
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return undefined;
  const show = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-US', { timeZone: tz, ...options }).format(at);
  const day = (when: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: tz }).format(when);
  const long = show({ month: 'long', day: 'numeric', year: 'numeric' });
  const pretty = (otherwise: string): string => {
    if (day(at) === day(now)) return 'today';
    if (day(at) === day(now + 86_400_000)) return 'tomorrow';
    return day(at) === day(now - 86_400_000) ? 'yesterday' : otherwise;
  };
  const short = show({ month: 'short', day: 'numeric', year: 'numeric' });
  const full = show({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' });
  const known: Readonly<Record<string, string>> = {
    date_num: day(at),
    date_slash: show({ month: '2-digit', day: '2-digit', year: 'numeric' }),
    date: long,
    date_short: short,
    date_long: full,
    date_pretty: pretty(long),
    date_short_pretty: pretty(short),
    date_long_pretty: pretty(full),
    time: show({ hour: 'numeric', minute: '2-digit' }),
    time_secs: show({ hour: 'numeric', minute: '2-digit', second: '2-digit' }),
  };
  const unknown = [...format.matchAll(/\{(\w+)\}/g)].some(([, name]) => !Object.hasOwn(known, name ?? ''));
  return unknown ? undefined : format.replace(/\{(\w+)\}/g, (_all, name: string) => known[name] ?? '');
}

/** The words of what is shown, with nothing but words: what a person would read aloud. */
export const wordsOf = (inks: readonly Ink[]): string =>
  inks
    .map((ink) => ('children' in ink ? wordsOf(ink.children) + (ink.kind === 'quote' ? '\n' : '') : ink.text))
    .join('');
