import { storableText } from './storable.ts';

/**
 * Every failure a person can meet, in one place. `say` is the only text that may reach a chat window: what happened,
 * then what to do. A code, once shipped, is never renamed: runbooks and dashboards quote it.
 */
export const FAILURES = {
  STORE_UNAVAILABLE: {
    retry: true,
    say: 'Nothing was recorded: the database did not answer. Try again in a minute, or phone whom /breakglass help names.',
  },
  COMMIT_UNKNOWN: {
    retry: true,
    say: 'I do not know whether that was recorded: the answer was lost. Pressing again is safe; it can count only once.',
  },
  PROVIDER_THROTTLED: { retry: true, say: 'The cloud is busy. I am still trying; nothing for you to do.' },
  PROVIDER_UNAVAILABLE: { retry: true, say: 'The cloud does not answer. I am still trying; nothing for you to do.' },
  PROVIDER_DENIED_US: {
    retry: false,
    say: 'The cloud refused me that call. The platform team must look at my rights.',
  },
  PROVIDER_REFUSED: {
    retry: false,
    say: 'The cloud refused the request as written. The platform team must look at it.',
  },
  PROVIDER_QUOTA: { retry: false, say: 'The cloud account is full. The platform team must raise its quota.' },
  PROVIDER_CONFLICT: {
    retry: false,
    say: 'Something else stands in the cloud under that name. Security must look at it.',
  },
  PINNED_POLICY_CHANGED: {
    retry: false,
    say: 'A policy in the cloud is not the one that was approved any more. Security must look at it.',
  },
  READ_BACK_DIFFERS: {
    retry: true,
    say: 'The cloud does not show what I wrote yet. I am still checking; nothing for you to do.',
  },
  CHAT_UNAVAILABLE: { retry: true, say: 'The chat does not answer. The request goes on; I will post when it does.' },
  FORM_NOT_OPENED: {
    retry: true,
    say: 'The chat does not answer: no form was opened that I know of, and nothing was recorded. If you see none, type it again.',
  },
  SENDER_UNKNOWN: {
    retry: true,
    say: 'The chat did not say who you are just now, so nothing was recorded. Try again in a minute, or phone.',
  },
  PAGER_UNAVAILABLE: { retry: true, say: 'A pager does not answer. I am still trying; phone whoever is on call.' },
  PAGER_REFUSED: {
    retry: false,
    say: 'A pager refused the page as it is configured. The platform team must look at it; phone whoever is on call.',
  },
} as const satisfies Record<string, { retry: boolean; say: string }>;

/** Names a failure for runbooks and dashboards. */
export type FailureCode = keyof typeof FAILURES;

/** Something broke. `message`, `cause` and `detail` are for logs; only `say` may reach a chat window. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly detail: Readonly<Record<string, string | number>>;

  constructor(code: FailureCode, message: string, extra: { cause?: unknown; detail?: Failure['detail'] } = {}) {
    super(storableText(`${code}: ${message}`), { cause: extra.cause });
    this.code = code;
    this.detail = extra.detail ?? {};
  }

  /** May the same call succeed later, with nobody changing anything? */
  get retry(): boolean {
    return FAILURES[this.code].retry;
  }

  get say(): string {
    return FAILURES[this.code].say;
  }
}
