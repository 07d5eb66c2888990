/** Builds the page's nodes. Text that came from somewhere is only ever set as text, never read as HTML. */

/** An element with attributes and children; strings become text nodes. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return node;
}

const EMOJI = {
  alarm_clock: '⏰',
  ballot_box_with_check: '☑️',
  bell: '🔔',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  information_source: 'ℹ️',
  key: '🔑',
  large_green_circle: '🟢',
  large_orange_circle: '🟠',
  large_red_circle: '🔴',
  large_yellow_circle: '🟡',
  lock: '🔒',
  no_entry: '⛔',
  no_entry_sign: '🚫',
  octagonal_sign: '🛑',
  red_circle: '🔴',
  rotating_light: '🚨',
  stopwatch: '⏱️',
  unlock: '🔓',
  warning: '⚠️',
  white_check_mark: '✅',
  white_circle: '⚪',
  x: '❌',
};

const withEmoji = (text) => text.replace(/:([a-z0-9_]+):/g, (all, name) => EMOJI[name] ?? all);

/** Slack's text, already read for this reader by the server. */
export function inks(list = []) {
  return list.map((ink) => {
    switch (ink.kind) {
      case 'bold':
        return el('strong', {}, inks(ink.children));
      case 'italic':
        return el('em', {}, inks(ink.children));
      case 'strike':
        return el('s', {}, inks(ink.children));
      case 'quote':
        return el('blockquote', {}, inks(ink.children));
      case 'code':
        return el('code', {}, ink.text);
      case 'pre':
        return el('pre', {}, ink.text);
      case 'link':
        return el('a', { href: ink.url, target: '_blank', rel: 'noreferrer noopener' }, ink.text);
      case 'mention':
        return el('span', { class: ink.own ? 'mention own' : 'mention' }, ink.text);
      case 'channel':
      case 'broadcast':
        return el('span', { class: 'mention' }, ink.text);
      case 'date':
        return el('time', { datetime: ink.iso, title: ink.iso.replace('.000Z', ' UTC').replace('T', ' ') }, ink.text);
      default:
        return document.createTextNode(withEmoji(ink.text));
    }
  });
}

/** The words of a text object, for places that take no markup (options, attributes). */
export const plain = (text) =>
  withEmoji((text?.inks ?? []).map((ink) => ink.text ?? '').join('')) || (text?.text ?? '');

/** A menu's entries, groups included. */
function entries({ options, option_groups: groups }) {
  const one = (option) => el('option', { value: option.value }, plain(option.text));
  if (!groups) return (options ?? []).map(one);
  return groups.map((group) => el('optgroup', { label: plain(group.label) }, group.options.map(one)));
}

function chosenIn(value) {
  if (!value) return '';
  if (value.selected_option) return value.selected_option.value;
  return value.selected_user ?? value.selected_conversation ?? value.selected_channel ?? '';
}

function menu(element, { name, value, act, people, conversations, key }) {
  const lists = {
    users_select: people.map(({ id, name: words }) => el('option', { value: id }, words)),
    conversations_select: conversations.map(({ id, name: words }) => el('option', { value: id }, words)),
    channels_select: conversations.map(({ id, name: words }) => el('option', { value: id }, words)),
  };
  const select = el(
    'select',
    { 'aria-label': name, 'data-key': key, onchange: (event) => act(element, event.target.value) },
    el('option', { value: '' }, plain(element.placeholder) || 'Choose…'),
    lists[element.type] ?? entries(element),
  );
  select.value = chosenIn(value);
  return select;
}

function manyMenu(element, { name, value, act, people, key }) {
  const users = element.type === 'multi_users_select';
  const select = el(
    'select',
    {
      multiple: true,
      'aria-label': name,
      'data-key': key,
      onchange: (event) =>
        act(
          element,
          [...event.target.selectedOptions].map((option) => option.value),
        ),
    },
    users ? people.map(({ id, name: words }) => el('option', { value: id }, words)) : entries(element),
  );
  const chosen = users ? (value?.selected_users ?? []) : (value?.selected_options ?? []).map((option) => option.value);
  for (const option of select.options) option.selected = chosen.includes(option.value);
  return select;
}

function ticks(element, { name, value, act, key }) {
  const many = element.type === 'checkboxes';
  const chosen = many ? (value?.selected_options ?? []).map((option) => option.value) : [chosenIn(value)];
  const box = el('fieldset', { class: 'ticks', 'aria-label': name });
  for (const option of element.options) {
    const input = el('input', {
      class: 'tick',
      type: many ? 'checkbox' : 'radio',
      name: key,
      value: option.value,
      'data-key': `${key}/${option.value}`,
      onchange: () => {
        const on = [...box.querySelectorAll('input:checked')].map((one) => one.value);
        act(element, many ? on : (on[0] ?? ''));
      },
    });
    input.checked = chosen.includes(option.value);
    const more = option.description ? el('small', {}, inks(option.description.inks)) : undefined;
    box.append(el('label', {}, input, el('span', {}, inks(option.text.inks), more)));
  }
  return box;
}

function overflow(element, { act }) {
  const select = el(
    'select',
    {
      class: 'overflow',
      'aria-label': 'More actions',
      onchange: (event) => act(element, event.target.value),
    },
    el('option', { value: '' }, '•••'),
    entries(element),
  );
  return select;
}

const TEXT_KINDS = {
  number_input: { type: 'text', inputmode: 'decimal' },
  email_text_input: { type: 'email' },
  url_text_input: { type: 'url' },
  datepicker: { type: 'date' },
  timepicker: { type: 'time' },
};

function typed(element, { name, value, act, note, key, describedby }) {
  const attributes = {
    'aria-label': name,
    'aria-describedby': describedby,
    'data-key': key,
    placeholder: plain(element.placeholder),
    oninput: (event) => note?.(key, element, event.target.value),
    onchange: (event) => act(element, event.target.value),
  };
  const field = element.multiline
    ? el('textarea', { ...attributes, rows: 3 })
    : el('input', { type: 'text', ...TEXT_KINDS[element.type], ...attributes });
  field.value = value?.value ?? value?.selected_date ?? value?.selected_time ?? '';
  return field;
}

/** One interactive element. `look` carries its value, what to call on an action, and what the client knows. */
export function element(one, look) {
  switch (one.type) {
    case 'button':
      return one.url
        ? el(
            'a',
            { class: `button ${one.style ?? ''}`, href: one.url, target: '_blank', rel: 'noreferrer noopener' },
            plain(one.text),
          )
        : el(
            'button',
            {
              type: 'button',
              class: one.style ?? '',
              'aria-label': one.accessibility_label,
              onclick: () => look.act(one),
            },
            plain(one.text),
          );
    case 'image':
      return el('img', { src: one.image_url, alt: one.alt_text });
    case 'radio_buttons':
    case 'checkboxes':
      return ticks(one, look);
    case 'overflow':
      return overflow(one, look);
    case 'multi_static_select':
    case 'multi_users_select':
      return manyMenu(one, look);
    case 'static_select':
    case 'users_select':
    case 'conversations_select':
    case 'channels_select':
      return menu(one, look);
    default:
      return typed(one, look);
  }
}

function richText(parts) {
  return parts.map((part) => {
    const inside = (part.elements ?? []).map((leaf) =>
      leaf.elements
        ? richText([leaf])[0]
        : inks(leaf.inks ?? [{ kind: 'text', text: leaf.text ?? leaf.url ?? leaf.name ?? '' }]),
    );
    if (part.type === 'rich_text_list')
      return el(
        'ul',
        {},
        inside.map((item) => el('li', {}, item)),
      );
    return el({ rich_text_quote: 'blockquote', rich_text_preformatted: 'pre' }[part.type] ?? 'p', {}, inside.flat());
  });
}

/** One block. `look(block, element)` gives what {@link element} needs. */
export function block(one, look) {
  switch (one.type) {
    case 'header':
      return el('h3', { class: 'block-header' }, inks(one.text.inks));
    case 'divider':
      return el('hr');
    case 'image':
      return el('img', { class: 'wide', src: one.image_url, alt: one.alt_text });
    case 'context':
      return el(
        'p',
        { class: 'context' },
        one.elements.map((part) => (part.type === 'image' ? element(part, {}) : el('span', {}, inks(part.inks)))),
      );
    case 'actions':
      return el(
        'div',
        { class: 'actions' },
        one.elements.map((part) => element(part, look(one, part))),
      );
    case 'rich_text':
      return el('div', { class: 'section' }, richText(one.elements));
    case 'markdown':
      return el('p', { class: 'section' }, one.text);
    case 'section':
      return el(
        'div',
        { class: 'section' },
        el(
          'div',
          {},
          one.text ? el('div', { class: 'text' }, inks(one.text.inks)) : undefined,
          one.fields
            ? el(
                'div',
                { class: 'fields' },
                one.fields.map((field) => el('div', { class: 'text' }, inks(field.inks))),
              )
            : undefined,
        ),
        one.accessory ? element(one.accessory, look(one, one.accessory)) : undefined,
      );
    default:
      return undefined;
  }
}
