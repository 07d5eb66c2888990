import { signatureOf } from '../../../src/demo/slack/delivery.ts';
import type { TestInstallation } from './installation.ts';

type Payload = Readonly<Record<string, unknown>> & { readonly user: Readonly<Record<string, unknown>> };

/** The last submission or click of the workspace, altered and signed as Slack would: what only Slack itself could send. */
export const signed =
  (
    installation: TestInstallation,
    alter: (payload: Payload) => object,
    values: Readonly<Record<string, string>> = {},
  ) =>
  () => {
    const { dials, app } = installation.slack;
    const last = dials.sent().findLast(({ kind }) => kind === 'interactive');
    const altered = { ...alter((last?.payload ?? {}) as Payload) };
    let text = JSON.stringify(altered);
    for (const [id, value] of Object.entries(values)) {
      text = text.replace(
        new RegExp(`("${id}":\\{"${id}":\\{"type":"plain_text_input","value":)"[^"]*"`),
        `$1"${value}"`,
      );
    }
    const body = new URLSearchParams({ payload: text }).toString();
    const timestamp = Math.floor(Date.now() / 1000);
    return dials.resend(last?.number ?? 0, {
      body,
      timestamp,
      signature: signatureOf(app.signingSecret, timestamp, body),
    });
  };
