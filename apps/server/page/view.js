// Turns as they are shown. A turn that is being written is brought up to date piece by piece, the others stay as they are.

import { copyButton, el, fit, icon, iconButton, isEnter, keep_focus } from './dom.js';
import { Markdown } from './markdown.js';
import { is_its } from './served.js';
import { children_of, path_to } from './tree.js';
import { figure, t } from './words.js';

/**
 * @typedef {import('./tree.js').Conversation} Conversation
 * @typedef {import('./tree.js').Turn} Turn
 * @typedef {{regenerate(turn: Turn): void, edit(turn: Turn, text: string): void, branch(turn: Turn): void, suggest(text: string): void}} Actions
 */

/** What is shown of one turn. */
class TurnView {
    /** @param {Conversation} tree @param {Turn} turn @param {Actions} actions */
    constructor(tree, turn, actions) {
        this.tree = tree;
        this.turn = turn;
        this.actions = actions;
        this.body = el('div', { class: 'body' });
        this.markdown = turn.role === 'assistant' ? new Markdown(this.body) : null;
        this.thoughts = el('div', { class: 'thoughts' });
        this.thought_title = el('summary');
        this.reasoning = el('details', { class: 'reasoning' }, this.thought_title, this.thoughts);
        this.note = el('p', { class: 'note' });
        this.foot = el('div', { class: 'foot' });
        const who = turn.role === 'user' ? t('you') : 'rwkvk';
        this.element = el('article', { class: `turn ${turn.role}`, 'data-turn': turn.id, 'aria-label': who },
            this.markdown && this.reasoning, this.body, this.note, this.foot);
    }

    /** @param {boolean} running */
    update(running) {
        const { turn } = this;
        if (this.markdown) this.markdown.show(turn.text);
        else this.body.textContent = turn.text;
        this.reasoning.hidden = !turn.reasoning;
        this.thoughts.textContent = turn.reasoning;
        const thinks = running && !turn.text;
        this.thought_title.textContent = t(thinks ? 'thinking_now' : turn.thought ? 'thought' : 'thoughts', figure(turn.thought));
        this.element.classList.toggle('running', running);
        this.show_note(running);
        this.foot.replaceChildren(...(running ? [] : this.foot_parts()));
    }

    /** @param {boolean} running */
    show_note(running) {
        const words = this.note_words(running);
        this.note.textContent = words;
        this.note.hidden = !words;
        this.note.classList.toggle('bad', Boolean(this.turn.error));
        this.note.classList.toggle('waits', running);
    }

    /** @param {boolean} running */
    note_words(running) {
        const { turn } = this;
        if (running) return turn.text || turn.reasoning ? '' : t('reading');
        if (turn.error) return t('failed', turn.error);
        if (turn.unkept) return t('unkept');
        if (turn.stopped) return t('stopped');
        return turn.facts?.finish === 'length' ? t('cut') : '';
    }

    foot_parts() {
        const { turn, actions } = this;
        const again = turn.role === 'user' ? iconButton('edit', t('edit'), () => this.edit()) : iconButton('again', t('regenerate'), () => actions.regenerate(turn));
        return [...this.branch_switch(), copyButton(() => turn.text), again, ...(turn.facts ? [facts_of(turn.facts)] : [])];
    }

    branch_switch() {
        const all = children_of(this.tree, this.turn.parent), at = all.indexOf(this.turn);
        if (all.length < 2) return [];
        const to = (/** @type {string} */ drawing, /** @type {number} */ index) =>
            iconButton(drawing, t(drawing === 'left' ? 'previous' : 'next'), () => all[index] && this.actions.branch(all[index]),
                { 'aria-disabled': !all[index] && 'true' });  // and not `disabled`, which a keyboard would fall off from
        return [el('span', { class: 'branches' }, to('left', at - 1), el('span', { class: 'branch' }, `${at + 1} / ${all.length}`), to('right', at + 1))];
    }

    /** The question as a field, until it is sent or left. */
    edit() {
        const area = el('textarea', { rows: 1, 'aria-label': t('edit'), oninput: () => fit(area) });
        const leave = () => {
            this.element.classList.remove('editing');
            this.update(false);
        };
        const send = () => area.value.trim() ? this.actions.edit(this.turn, area.value) : leave();
        area.value = this.turn.text;
        area.addEventListener('keydown', event => {
            if (isEnter(event)) event.preventDefault(), send();
            if (event.key === 'Escape' && !event.isComposing) event.stopPropagation(), leave();
        });
        this.element.classList.add('editing');
        this.body.replaceChildren(area);
        this.foot.replaceChildren(el('button', { type: 'button', class: 'strong', onclick: send }, t('send_edited')), el('button', { type: 'button', onclick: leave }, t('cancel')));
        fit(area);
        area.focus();
    }
}

/** @param {import('./tree.js').Facts} facts */
function facts_of(facts) {
    const rows = [
        ['fact_prompt', t('fact_prompt_value', figure(facts.prompt), figure(facts.cached))],
        ['fact_answer', t('fact_answer_value', figure(facts.tokens), figure(facts.seconds))],
        ['fact_seed', String(facts.seed)], ['fact_fingerprint', facts.fingerprint], ['fact_numerics', facts.numerics],
    ];
    return el('details', { class: 'facts' }, el('summary', {}, `${t('tokens', figure(facts.tokens))} · ${t('rate', figure(facts.rate))}`),
        el('dl', {}, ...rows.flatMap(([name, value]) => [el('dt', {}, t(name)), el('dd', {}, value)])));
}

const suggestions = ['What is 4738 + 965?', 'How many r are in strawberry?', 'Tell me a story.', 'What is rwkvk?'];

/** The path of a conversation, in an element that scrolls. */
export class TurnList {
    /** @param {HTMLElement} scroll @param {HTMLElement} parent @param {Actions} actions */
    constructor(scroll, parent, actions) {
        this.scroll = scroll;
        this.parent = parent;
        this.actions = actions;
        /** @type {Map<string, TurnView>} */
        this.views = new Map();
        this.at_end = true;
        scroll.addEventListener('scroll', () => this.stand(scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40));
        // Whatever grows (an answer, a folded part) is followed by who stands at the end of it.
        new ResizeObserver(() => this.follow()).observe(parent);
    }

    /** @param {Conversation} tree @param {Turn|null} running @param {boolean} is_demo */
    show(tree, running, is_demo) {
        const path = path_to(tree);
        this.views = new Map(path.map(turn => [turn.id, new TurnView(tree, turn, this.actions)]));
        for (const view of this.views.values()) view.update(view.turn === running);
        const elements = path.length ? [...this.views.values()].map(view => view.element) : [this.welcome(is_demo)];
        keep_focus(this.parent, () => this.parent.replaceChildren(...elements));
    }

    /** @param {Turn} turn @param {boolean} running */
    update(turn, running) {
        this.views.get(turn.id)?.update(running);
    }

    /** @param {boolean} at_end */
    stand(at_end) {
        this.at_end = at_end;
        document.body.classList.toggle('above', !at_end);
    }

    to_end() {
        this.stand(true);
        this.follow();
    }

    follow() {
        if (this.at_end) this.scroll.scrollTop = this.scroll.scrollHeight;
    }

    /** @param {boolean} is_demo */
    welcome(is_demo) {
        const buttons = suggestions.map(text => el('button', { type: 'button', onclick: () => this.actions.suggest(text) }, text));
        const about = el('div', { class: 'about' });
        if (is_demo) new Markdown(about).show(t('demo'));
        return el('div', { class: 'welcome' }, el('h2', {}, t('welcome')), is_demo && about, is_demo && el('div', { class: 'suggestions' }, ...buttons));
    }
}

/**
 * @typedef {{open(id: string): void, rename(id: string, title: string): void, save_text(id: string): void, save_state(id: string): void, remove(id: string): void}} ListActions
 * @typedef {import('./tree.js').Summary} Summary
 */

/** @param {HTMLElement} parent @param {Summary[]} found @param {string} current @param {string} none what is said where there are none @param {ListActions} actions */
export function show_list(parent, found, current, none, actions) {
    keep_focus(parent, () => parent.replaceChildren(...found.map(one => list_entry(one, one.id === current, actions))));
    if (!found.length) parent.append(el('li', { class: 'empty' }, t(none)));
}

/** @param {Summary} one @param {boolean} is_current @param {ListActions} actions */
function list_entry(one, is_current, actions) {
    const title = one.title || t('untitled');
    /** @type {HTMLElement} */
    const entry = el('li', { class: is_current ? 'current' : '' },
        el('button', { type: 'button', class: 'entry', title, 'aria-current': is_current && 'true', onclick: () => actions.open(one.id) }, title),
        el('span', { class: 'entry-actions' },
            iconButton('edit', t('rename'), () => rename_entry(entry, one, actions)),
            iconButton('export', t('export'), () => actions.save_text(one.id)),
            is_its(one.id) && iconButton('state', t('save_state'), () => actions.save_state(one.id)),
            iconButton('remove', t('remove'), () => actions.remove(one.id))));
    return entry;
}

/** @param {HTMLElement} entry @param {Summary} one @param {ListActions} actions */
function rename_entry(entry, one, actions) {
    let is_over = false;
    const end = (/** @type {string} */ title) => {
        if (is_over) return;  // leaving the field after Enter
        is_over = true;
        entry.replaceChildren();
        actions.rename(one.id, title.trim() || one.title);
    };
    const input = el('input', { class: 'rename', 'aria-label': t('rename'), maxlength: 80, onblur: () => end(input.value) });
    input.value = one.title;
    input.addEventListener('keydown', event => {
        if (isEnter(event)) end(input.value);
        if (event.key === 'Escape' && !event.isComposing) event.stopPropagation(), end(one.title);
    });
    entry.replaceChildren(input);
    input.select();
    input.focus();
}

/** @param {boolean} running @param {HTMLElement} button */
export function show_send(running, button) {
    const name = running ? 'stop' : 'send';
    button.setAttribute('aria-label', t(name));
    button.title = t(name);
    button.replaceChildren(icon(name));
}
