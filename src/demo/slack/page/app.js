import { block, el, inks, plain } from './draw.js';
import { keepIn } from './keep.js';
import { Modal } from './modal.js';

/** The page of the local workspace: what one person sees, and what they do. It keeps nothing but where they are. */

const $ = (id) => document.getElementById(id);
const at = { user: '', channel: '', thread: '' };
const read = new Map();
let workspace = { people: [], commands: [] };
let screen = { conversations: [], messages: [], thread: [], modal: null };
let drawn = '';

const getJson = async (path) => (await fetch(path)).json();

async function send(doing, body) {
  const response = await fetch(`/_local/${doing}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: at.user, ...body }),
  });
  const seen = await response.json();
  if (seen.problem) say(seen.problem);
  return seen;
}

let hush;
function say(words) {
  $('status').textContent = words;
  clearTimeout(hush);
  hush = setTimeout(() => say(''), 8000);
}

const modal = new Modal($('modal'), send, () => ({
  people: workspace.people,
  conversations: screen.conversations,
}));

/** Asks before something that the app wants confirmed. */
function confirmed(question) {
  if (!question) return Promise.resolve(true);
  const dialog = $('confirm');
  return new Promise((resolve) => {
    const done = (answer) => () => {
      dialog.close();
      resolve(answer);
    };
    dialog.oncancel = () => resolve(false);
    dialog.replaceChildren(
      el('h2', { id: 'confirm-title' }, plain(question.title) || 'Are you sure?'),
      el('div', { class: 'modal-body' }, inks(question.text.inks)),
      el(
        'div',
        { class: 'modal-foot' },
        el('button', { type: 'button', onclick: done(false) }, plain(question.deny) || 'Cancel'),
        el(
          'button',
          { type: 'button', class: question.style ?? 'primary', onclick: done(true) },
          plain(question.confirm) || 'Yes',
        ),
      ),
    );
    dialog.showModal();
  });
}

async function act(message, within, part, entry) {
  if (!(await confirmed(part.confirm))) return;
  const seen = await send('click', {
    channel: message.channel,
    ts: message.ts,
    action: part.action_id,
    block: within.block_id,
    ...(entry === undefined ? {} : { entry }),
  });
  if (seen.shown?.length) say(seen.shown.join(' '));
}

const COLOURS = 8;
const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
const colourOf = (id) => [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS;

function messageNode(message, inThread) {
  const look = (within, part) => ({
    people: workspace.people,
    conversations: screen.conversations,
    key: `${message.ts}/${within.block_id}/${part.action_id}`,
    name: plain(part.placeholder) || part.action_id,
    act: (about, entry) => act(message, within, about, entry),
  });
  const body =
    message.blocks.length > 0
      ? message.blocks.map((one) => block(one, look))
      : el('div', { class: 'text' }, inks(message.inks));
  return el(
    'article',
    {
      class: message.ephemeral ? 'message ephemeral' : 'message',
      'aria-label': `${message.authorName}, ${message.clock}`,
      'data-ts': message.ts,
    },
    el(
      'span',
      { class: `face face-${message.byApp ? 'app' : colourOf(message.author)}`, 'aria-hidden': 'true' },
      initials(message.authorName),
    ),
    el(
      'div',
      { class: 'said' },
      message.ephemeral ? el('p', { class: 'only' }, 'Only visible to you') : undefined,
      message.broadcast && !inThread
        ? el('p', { class: 'only' }, 'replied to a thread: ', threadButton(message.threadTs, 'View thread'))
        : undefined,
      el(
        'p',
        { class: 'who' },
        el('strong', {}, message.authorName),
        message.byApp ? el('span', { class: 'badge' }, 'APP') : undefined,
        el('time', {}, message.clock),
      ),
      body,
      message.edited ? el('small', { class: 'edited' }, '(edited)') : undefined,
      inThread || message.ephemeral || message.threadTs ? undefined : threadLine(message),
    ),
  );
}

const threadButton = (ts, words, quiet = false) =>
  el('button', { type: 'button', class: quiet ? 'link quiet-link' : 'link', onclick: () => go({ thread: ts }) }, words);

const threadLine = ({ ts, replies }) =>
  el(
    'div',
    { class: 'replies' },
    replies > 0
      ? threadButton(ts, replies === 1 ? '1 reply' : `${replies} replies`)
      : threadButton(ts, 'Reply in thread', true),
  );

function conversationItem(one) {
  const here = one.id === at.channel;
  if (here) read.set(`${at.user}/${one.id}`, one.newest);
  const news = !here && one.newest > (read.get(`${at.user}/${one.id}`) ?? '');
  const mark = { private: '▪', direct: '●', channel: '#' }[one.kind];
  return el(
    'li',
    {},
    el(
      'button',
      {
        type: 'button',
        class: news ? 'news' : '',
        'aria-current': here ? 'page' : undefined,
        onclick: () => go({ channel: one.id, thread: '' }),
      },
      el('span', { 'aria-hidden': 'true', class: 'mark' }, mark),
      one.name,
      news ? el('span', { class: 'dot', title: 'New messages' }) : undefined,
      one.archived ? el('small', {}, ' archived') : undefined,
    ),
  );
}

function draw() {
  const here = screen.conversations.find(({ id }) => id === at.channel);
  $('channels').replaceChildren(...screen.conversations.filter(({ kind }) => kind !== 'direct').map(conversationItem));
  $('directs').replaceChildren(...screen.conversations.filter(({ kind }) => kind === 'direct').map(conversationItem));
  $('title').textContent = here ? `${here.kind === 'direct' ? '' : '# '}${here.name}` : 'No conversation';
  $('topic').textContent = here?.topic ?? '';
  const draft = $('draft');
  draft.placeholder = here
    ? `Message ${here.kind === 'direct' ? '' : '#'}${here.name}, or ${workspace.commands[0] ?? ''}`
    : '';
  draft.disabled = !here || here.archived;
  keepIn($('messages'), screen.messages, (one) => messageNode(one, false), [emptiness(here)]);
  $('thread').hidden = at.thread === '';
  $('frame').classList.toggle('threaded', at.thread !== '');
  keepIn($('replies'), screen.thread, (one) => messageNode(one, true));
  modal.show(screen.modal);
}

const emptiness = (here) =>
  el(
    'p',
    { class: 'empty' },
    here ? `Nothing here yet. Type ${workspace.commands[0] ?? ''} to begin.` : 'Choose a conversation.',
  );

let fetching = false;
let again = false;
async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  do {
    again = false;
    const place = new URLSearchParams({ user: at.user, channel: at.channel, thread: at.thread });
    const next = await getJson(`/_local/screen?${place}`);
    if (place.get('user') !== at.user || place.get('channel') !== at.channel || place.get('thread') !== at.thread)
      again = true;
    else if (place + JSON.stringify(next) !== drawn) {
      drawn = place + JSON.stringify(next);
      screen = next;
      if (at.channel === '' && screen.conversations[0]) go({ channel: screen.conversations[0].id });
      draw();
    }
  } while (again);
  fetching = false;
  $('talk').setAttribute('aria-busy', 'false');
}

function go(change) {
  Object.assign(at, change);
  $('talk').setAttribute('aria-busy', 'true');
  location.replace(`#${[at.user, at.channel, at.thread].join('/')}`);
  toggleMenu(false);
  drawn = '';
  void refresh();
}

function toggleMenu(on) {
  $('frame').classList.toggle('menu-open', on);
  $('menu').setAttribute('aria-expanded', String(on));
}

async function speak(text, thread) {
  const [command, ...rest] = text.split(' ');
  if (!text.startsWith('/')) return send('post', { channel: at.channel, text, thread });
  if (thread) {
    say(`${command} is not supported in threads. Type it in the channel.`);
    return { problem: 'thread' };
  }
  return send('command', { channel: at.channel, command, text: rest.join(' ') });
}

function composes(form, field, thread) {
  $(form).addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = $(field).value.trim();
    if (text === '') return;
    $(field).value = '';
    const seen = await speak(text, thread());
    if (seen.problem) $(field).value = text;
  });
}

async function start() {
  workspace = await getJson('/_local/workspace');
  document.title = `${workspace.team} · local Slack`;
  $('team').textContent = workspace.team;
  $('person').replaceChildren(
    ...workspace.people.map(({ id, name, label, note }) =>
      el('option', { value: id }, [name, [label, note].filter(Boolean).join(', ')].filter(Boolean).join(' · ')),
    ),
  );
  const [user = '', channel = '', thread = ''] = decodeURIComponent(location.hash.slice(1)).split('/');
  Object.assign(at, {
    user: workspace.people.some(({ id }) => id === user) ? user : (workspace.people[0]?.id ?? ''),
    channel,
    thread,
  });
  $('person').value = at.user;
  $('person').addEventListener('change', (event) => go({ user: event.target.value, thread: '' }));
  $('menu').addEventListener('click', () => toggleMenu(!$('frame').classList.contains('menu-open')));
  $('close-thread').addEventListener('click', () => go({ thread: '' }));
  composes('composer', 'draft', () => '');
  composes('answer', 'answer-draft', () => at.thread);
  new EventSource('/_local/live').addEventListener('change', refresh);
  await refresh();
}

await start();
