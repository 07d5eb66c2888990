import { block, el, element, inks, plain } from './draw.js';

/** The modal of the person at the page: drawn from the server's view of it, keeping what is being typed. */
export class Modal {
  #dialog;
  #send;
  #known;
  #shown = '';
  #drafts = new Map();
  #trouble = '';
  #open;

  /** `send(doing, body)` posts to the server; `known()` gives people and conversations. */
  constructor(dialog, send, known) {
    this.#dialog = dialog;
    this.#send = send;
    this.#known = known;
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      void this.#leave();
    });
  }

  /** Shows this modal, or none. */
  show(modal) {
    const now = JSON.stringify(modal);
    if (now === this.#shown) return;
    if (this.#open?.id !== modal?.id) {
      this.#drafts.clear();
      this.#trouble = '';
    }
    this.#shown = now;
    this.#open = modal;
    this.#draw();
  }

  #draw() {
    const modal = this.#open;
    if (!modal) {
      if (this.#dialog.open) this.#dialog.close();
      return;
    }
    const active = document.activeElement?.getAttribute('data-key');
    const scroll = this.#dialog.querySelector('.modal-body')?.scrollTop ?? 0;
    this.#dialog.replaceChildren(
      el(
        'form',
        { novalidate: true, onsubmit: (event) => this.#submit(event) },
        el('h2', { id: 'modal-title' }, modal.title),
        el(
          'div',
          { class: 'modal-body' },
          modal.blocks.map((one) => this.#block(one)),
        ),
        el('p', { class: 'trouble', role: 'alert' }, this.#trouble),
        el(
          'div',
          { class: 'modal-foot' },
          el('button', { type: 'button', onclick: () => this.#leave() }, modal.stacked ? 'Back' : modal.close),
          modal.submit ? el('button', { type: 'submit', class: 'primary' }, modal.submit) : undefined,
        ),
      ),
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.querySelector('.modal-body').scrollTop = scroll;
    if (active) this.#dialog.querySelector(`[data-key="${CSS.escape(active)}"]`)?.focus();
  }

  #look(one, part) {
    const key = `${one.block_id}/${part.action_id}`;
    const value = this.#open.values[one.block_id]?.[part.action_id];
    const draft = this.#drafts.get(key);
    return {
      ...this.#known(),
      key,
      name: plain(one.label) || plain(one.text) || part.action_id,
      value: draft ? { ...value, value: draft.text } : value,
      note: (at, about, text) => this.#drafts.set(at, { block: one.block_id, action: about.action_id, text }),
      act: (about, entry) => this.#act(one, about, entry, key),
    };
  }

  #block(one) {
    if (one.type !== 'input') return block(one, (within, part) => this.#look(within, part));
    const error = this.#open.errors[one.block_id];
    const errorId = error ? `error-${one.block_id}` : undefined;
    const look = { ...this.#look(one, one.element), describedby: errorId };
    return el(
      'div',
      { class: error ? 'input wrong' : 'input' },
      el('div', { class: 'label' }, plain(one.label), one.optional ? el('small', {}, ' (optional)') : undefined),
      element(one.element, look),
      one.hint ? el('small', { class: 'hint' }, inks(one.hint.inks)) : undefined,
      error ? el('p', { class: 'error', id: errorId, role: 'alert' }, error) : undefined,
    );
  }

  async #act(one, about, entry, key) {
    this.#drafts.delete(key);
    const body = { block: one.block_id, action: about.action_id };
    const press = about.type === 'button' || about.type === 'overflow';
    this.#after(await this.#send(press ? 'press' : 'enter', entry === undefined ? body : { ...body, entry }));
  }

  async #submit(event) {
    event.preventDefault();
    for (const { block: at, action, text } of this.#drafts.values())
      await this.#send('enter', { block: at, action, entry: text });
    this.#drafts.clear();
    this.#dialog.classList.add('busy');
    this.#after(await this.#send('submit', {}));
    this.#dialog.classList.remove('busy');
  }

  async #leave() {
    this.#after(await this.#send('close', {}));
  }

  #after(seen) {
    const words = seen.problem ?? seen.shown?.join(' ') ?? '';
    if (words === this.#trouble) return;
    this.#trouble = words;
    this.#draw();
  }
}
