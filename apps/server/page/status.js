// How the server is, as lines at the top: it loads, ends, is lost, wants a key.

import * as api from './api.js';
import { byId, el } from './dom.js';
import { t } from './words.js';

/** @param {Error} error what kept an answer from coming */
export function words_of(error) {
    const known = error instanceof api.ServerError && ['loading', 'draining', 'lost', 'queue_full'].includes(error.code);
    return known ? t(error.code) : error.message;
}

export class Status {
    /** @param {() => void} learned the server has told what it is, or is not to be believed any more */
    constructor(learned) {
        this.learned = learned;
        /** @type {import('./api.js').Props|null} */
        this.props = null;
        /** '' when it answers; else what the banner says. */
        this.trouble = '';
        this.wants_key = false;
        /** What is said while nothing is wrong with the server: a word, or ''. */
        this.otherwise = '';
    }

    async look() {
        try {
            await api.health();
            this.trouble = '';
        } catch (error) {
            const code = error instanceof api.ServerError ? error.code : 'lost';
            this.trouble = code === 'loading' || code === 'draining' ? code : 'lost';
            if (this.trouble !== 'draining') this.props = null;  // it may come back with another model
        }
        if (!this.trouble && !this.props) await this.learn();
        this.show();
    }

    async learn() {
        try {
            this.props = await api.props();
            this.wants_key = false;
        } catch (error) {
            this.wants_key = error instanceof api.ServerError && error.status === 401;
        }
        this.learned();
    }

    show() {
        const banner = byId('banner'), name = this.trouble || this.otherwise, words = name && t(name);
        if (banner.textContent !== words) banner.textContent = words;
        banner.hidden = !words;
        byId('lamp').className = this.trouble || (this.wants_key ? 'loading' : 'well');
        const form = byId('key-form');
        if (this.wants_key && form.hidden) this.show_key_form(form);
        form.hidden = !this.wants_key;
    }

    /** @param {HTMLElement} form */
    show_key_form(form) {
        const input = el('input', { type: 'password', name: 'key', required: true, autocomplete: 'off', 'aria-label': t('key'), placeholder: t('key') });
        const remember = el('input', { type: 'checkbox', name: 'remember' });
        const words = el('span', {}, t('key_wanted'));
        form.replaceChildren(words, input, el('label', {}, remember, t('remember')), el('button', { class: 'strong' }, t('use_key')));
        form.onsubmit = async event => {
            event.preventDefault();
            api.use_key(input.value.trim(), remember.checked);
            input.value = '';
            await this.look();
            if (this.wants_key) words.textContent = t('key_refused');
        };
    }

    /** Often while something is wrong, seldom else, never behind another tab. */
    async watch() {
        if (!document.hidden) await this.look();
        setTimeout(() => this.watch(), this.trouble ? 1500 : 10000);
    }
}
