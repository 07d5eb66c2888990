/** The three kinds of requests an app gets, in Socket Mode's words. */
export type RequestKind = 'slash_commands' | 'interactive' | 'events_api';

/** What came back: the app's answer, or why there is none. */
export type Outcome =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly why: 'timeout' | 'unreachable' | 'status'; readonly status?: number };
