import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { SLACK_PATH } from '../../../src/chat/slack/app.ts';
import { COMMAND } from '../../../src/chat/slack/ids.ts';
import { SCOPES } from './installation.ts';

interface Manifest {
  readonly features: { readonly slash_commands: readonly { readonly command: string; readonly url: string }[] };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly event_subscriptions: { readonly request_url: string; readonly bot_events: readonly string[] };
    readonly interactivity: { readonly request_url: string };
  };
}

const text = readFileSync('manifests/slack.yaml', 'utf8');
const manifest = parse(text) as Manifest;
const source = readdirSync('src/chat/slack')
  .map((file) => readFileSync(`src/chat/slack/${file}`, 'utf8'))
  .join('\n');

/** What each method asks for. https://docs.slack.dev/reference/methods */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'users.info': ['users:read'],
  'conversations.open': ['im:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.getPermalink': [],
  'views.open': [],
  'views.update': [],
};
const EVENTS: Readonly<Record<string, readonly string[]>> = { user_change: ['users:read'] };

const called = [...new Set([...source.matchAll(/client\.([a-z]+\.[A-Za-z]+)\(/g)].map(([, name = '']) => name))].sort();
const heard = [...source.matchAll(/app\.event\('([a-z_]+)'/g)].map(([, name = '']) => name);

describe('the app manifest', () => {
  it('knows every Web API method that is called, and no other', () => {
    expect(called).toEqual(Object.keys(NEEDS).sort());
  });

  it('asks for exactly the scopes that those methods, the events and the command need', () => {
    const needed = [...called.flatMap((name) => NEEDS[name] ?? []), ...heard.flatMap((name) => EVENTS[name] ?? [])];
    expect([...manifest.oauth_config.scopes.bot].sort()).toEqual([...new Set(['commands', ...needed])].sort());
  });

  it('says above each scope why it is asked for', () => {
    const scopes = text.slice(text.indexOf('    bot:\n'), text.indexOf('settings:'));
    const unexplained = scopes
      .split('\n')
      .filter((line, at, all) => /^ {6}- /.test(line) && !/^ {6}(#|- [a-z]+:history)/.test(all[at - 1] ?? ''));
    expect(unexplained).toEqual([]);
  });

  it('subscribes to the events that are heard, and sends everything to the path that is served', () => {
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(heard);
    const urls = [
      ...manifest.features.slash_commands.map(({ url }) => url),
      manifest.settings.event_subscriptions.request_url,
      manifest.settings.interactivity.request_url,
    ];
    expect(urls.map((url) => new URL(url).pathname)).toEqual(urls.map(() => SLACK_PATH));
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual([COMMAND]);
  });

  it('is what the tests run with: nothing works there by a scope that production lacks', () => {
    expect([...SCOPES].sort()).toEqual([...manifest.oauth_config.scopes.bot].sort());
  });
});
