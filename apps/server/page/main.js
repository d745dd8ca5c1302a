// What happens: a person asks, the server answers, the tree grows, the view shows it.

import * as api from './api.js';
import { byId, el, fit, iconButton, isEnter } from './dom.js';
import { apply_settings, fill_panel, request_fields } from './settings.js';
import * as tree from './tree.js';
import { show_list, show_send, TurnList } from './view.js';
import { t } from './words.js';

/**
 * @typedef {import('./tree.js').Conversation} Conversation
 * @typedef {import('./tree.js').Turn} Turn
 * @typedef {{tree: Conversation, turn: Turn, stop: AbortController, thinks_since: number, chunk: any, removed: boolean}} Run `chunk`: facts of the last ones
 */

const text = /** @type {HTMLTextAreaElement} */ (byId('text'));
const search = /** @type {HTMLInputElement} */ (byId('search'));
const panel = /** @type {HTMLDialogElement} */ (byId('panel'));
const store = await tree.open_store();
let keeps = store.lasting;
const other_tabs = new BroadcastChannel('rwkvk');
// Answers that are being written.
/** @type {Map<string, Run>} */
const runs = new Map();
/** @type {import('./api.js').Props|null} */
let props = null;
let current = tree.new_conversation();

const turns = new TurnList(byId('scroll'), byId('turns'), {
    regenerate: turn => turn.parent && answer(current, turn.parent),
    edit: (turn, words) => ask(words, turn.parent),
    branch: turn => {
        if (runs.has(current.id)) return;
        tree.show(current, turn);
        changed();
    },
    suggest: words => {
        text.value = words;
        text_changed();
        text.focus();
    },
});

// --- asking

/** @param {string} words @param {string|null} parent */
function ask(words, parent) {
    if (runs.has(current.id)) return;
    const question = tree.add(current, parent, 'user', words.trim());
    turns.to_end();
    answer(current, question.id);
}

/** @param {Conversation} of @param {string} question its id */
async function answer(of, question) {
    if (runs.has(of.id)) return;
    const request = { messages: messages_to(of, question), ...request_fields() };
    const turn = tree.add(of, question, 'assistant', '');
    /** @type {Run} */
    const run = { tree: of, turn, stop: new AbortController(), thinks_since: 0, chunk: {}, removed: false };
    turn.stopped = true;  // until it has come to its end: a page that is left stops it
    runs.set(of.id, run);
    changed();
    byId('spoken').textContent = t('answering');
    try {
        await api.chat(request, run.stop.signal, chunk => take(run, chunk));
        turn.stopped = false;
    } catch (error) {
        if (!run.stop.signal.aborted) refused(turn, /** @type {Error} */ (error));
    }
    runs.delete(of.id);
    if (run.removed) return;
    turn.facts = facts_of(run.chunk);
    of.changed = Date.now();
    keep(of);
    if (of !== current) return;
    turns.update(turn, false);
    show_controls();
    byId('spoken').textContent = turn.error || turn.text;
}

/** @param {Conversation} of @param {string} question */
function messages_to(of, question) {
    // An answer that was stopped before its first word is nothing that was said.
    const said = tree.path_to(of, question).filter(turn => turn.text).map(turn => ({ role: turn.role, content: turn.text }));
    return of.system.trim() ? [{ role: 'system', content: of.system }, ...said] : said;
}

/** @param {Run} run @param {any} chunk */
function take(run, chunk) {
    if (run.stop.signal.aborted) return;  // it was on its way
    const { turn } = run, choice = chunk.choices?.[0], delta = choice?.delta ?? {};
    Object.assign(run.chunk, chunk, { finish: choice?.finish_reason ?? run.chunk.finish });
    if (delta.reasoning_content) {
        run.thinks_since ||= performance.now();
        turn.reasoning += delta.reasoning_content;
    }
    if (run.thinks_since && !turn.text) turn.thought = (performance.now() - run.thinks_since) / 1000;
    if (delta.content) turn.text += turn.text ? delta.content : delta.content.trimStart();
    show_soon(run);
}

let is_due = false;

// Once a frame, however fast the words come; and kept now and then, lest a reload lose them.
/** @param {Run} run */
function show_soon(run) {
    keep_soon(run.tree);
    if (is_due) return;
    is_due = true;
    requestAnimationFrame(() => {
        is_due = false;
        if (run.tree === current) turns.update(run.turn, runs.has(current.id));
    });
}

/** @param {any} chunk the last chunks in one @returns {import('./tree.js').Facts|null} */
function facts_of({ usage, timings, rwkvk, system_fingerprint, finish }) {
    if (!usage || !timings || !rwkvk) return null;  // stopped before its end
    return {
        tokens: usage.completion_tokens, prompt: usage.prompt_tokens, cached: usage.prompt_tokens_details.cached_tokens, rate: timings.predicted_per_second,
        seconds: timings.predicted_ms / 1000, seed: rwkvk.seed, fingerprint: rwkvk.fingerprint, numerics: system_fingerprint, finish,
    };
}

/** @param {Turn} turn @param {Error} error */
function refused(turn, error) {
    const known = error instanceof api.ServerError && ['loading', 'draining', 'lost', 'queue_full'].includes(error.code);
    turn.error = known ? t(/** @type {api.ServerError} */ (error).code) : error.message;
    if (error instanceof api.ServerError && error.status === 401) props = null;  // asked for again, which shows where to put the key
    look_at_server();
}

// --- keeping

/** @param {Conversation} of */
async function keep(of) {
    due.delete(of);  // lest an old one is written over what another copy of it becomes
    try {
        await store.save(of);
    } catch {
        keeps = false;  // it is full
        show_banner();
    }
    other_tabs.postMessage(of.id);
    await refresh_list();
}

/** To be kept, and not removed since. @type {Set<Conversation>} */
const due = new Set();

/** @param {Conversation} of */
function keep_soon(of) {
    if (due.has(of)) return;
    due.add(of);
    setTimeout(() => due.delete(of) && store.save(of), 500);
}

const draft_name = () => `rwkvk.draft.${current.head || current.title ? current.id : 'new'}`;

function text_changed() {
    if (text.value) localStorage.setItem(draft_name(), text.value);
    else localStorage.removeItem(draft_name());
    fit(text);
}

function restore_draft() {
    text.value = localStorage.getItem(draft_name()) ?? '';
    fit(text);
}

/** @param {Conversation} of */
function open(of) {
    current = of;
    close_side();
    show_all();
    restore_draft();
    turns.to_end();
}

async function open_by_id(/** @type {string} */ id) {
    const of = runs.get(id)?.tree ?? await store.load(id);
    if (of) open(of);
}

function open_new() {
    open(tree.new_conversation());
    text.focus();
}

const list_actions = {
    open: open_by_id,
    async rename(/** @type {string} */ id, /** @type {string} */ title) {
        const of = await conversation(id);
        if (title !== of.title) Object.assign(of, { title, named: true });
        await keep(of);
        show_title();
    },
    async save_text(/** @type {string} */ id) {
        const of = await conversation(id);
        const href = URL.createObjectURL(new Blob([tree.as_text(of, { user: t('you'), assistant: 'rwkvk' })], { type: 'text/plain' }));
        el('a', { href, download: `${of.title.replace(/[^\p{L}\p{N} -]/gu, '').slice(0, 40).trim() || 'rwkvk'}.txt` }).click();
        setTimeout(() => URL.revokeObjectURL(href), 10000);
    },
    async remove(/** @type {string} */ id) {
        const of = await conversation(id);
        const run = runs.get(id);
        if (run) run.removed = true;
        run?.stop.abort();
        due.delete(of);
        await store.remove(id);
        localStorage.removeItem(`rwkvk.draft.${id}`);
        other_tabs.postMessage(id);
        if (current.id === id) open_new();
        await refresh_list();
        toast(t('removed', of.title || t('untitled')), t('take_back'), async () => {
            await keep(of);
            open(of);
        });
    },
};

/** @param {string} id @returns {Promise<Conversation>} the one that is shown or written, else as it is kept */
async function conversation(id) {
    const of = current.id === id ? current : runs.get(id)?.tree ?? await store.load(id);
    if (!of) throw new Error(`conversations: expected ${id}, found none`);
    return of;
}

let lists_asked_for = 0;

async function refresh_list() {
    const mine = ++lists_asked_for;
    const found = await store.list(search.value);
    if (mine !== lists_asked_for) return;  // a later one has come before it, or will
    if (byId('list').querySelector('.rename')) return;  // somebody writes in it
    show_list(byId('list'), found, current.id, Boolean(search.value), list_actions);
}

// --- showing

/** The current conversation has another path, and is kept. */
function changed() {
    keep(current);
    show_all();
}

function show_all() {
    localStorage.setItem('rwkvk.current', current.id);
    turns.show(current, runs.get(current.id)?.turn ?? null, props?.model_path === 'rwkvk-demo');
    show_controls();
    refresh_list();
}

function show_title() {
    const title = current.title || t('new_conversation');
    byId('title').textContent = title;
    document.title = current.title ? `${title} · rwkvk` : 'rwkvk';
}

function show_controls() {
    const running = runs.has(current.id);
    show_title();
    show_send(running, byId('send'));
    byId('undo').hidden = running || !current.head;
    byId('redo').hidden = running || !tree.undone(current);
}

function show_served() {
    const served = props ? `${props.model_alias} · ${props.device}` : '';
    byId('model').textContent = byId('model').title = served;
}

function show_panel() {
    refill_panel();
    panel.showModal();
}

function refill_panel() {
    const served = (/** @type {keyof import('./api.js').Props} */ name) => String(props?.[name] ?? t('unknown'));
    fill_panel(byId('panel-body'), {
        system: current.system,
        params: props?.default_generation_settings.params ?? {},
        facts: [[t('model'), served('model_alias')], [t('device'), served('device')], [t('version'), served('build_info')],
            [t('fact_numerics'), served('system_fingerprint')], [t('address'), new URL('v1', document.baseURI).href]],
    }, {
        system: words => {
            current.system = words;
            if (current.head) keep_soon(current);
        },
        changed: show_words,
    });
}

/** @param {string} words @param {string} action @param {() => void} act */
function toast(words, action, act) {
    const box = byId('toast');
    const shown = el('span', {}, words);
    box.replaceChildren(shown, el('button', { type: 'button', onclick: () => {
        box.hidden = true;
        act();
    } }, action));
    box.hidden = false;
    setTimeout(() => { if (shown.isConnected) box.hidden = true; }, 8000);
}

const close_side = () => document.body.classList.remove('side-open');

/** @type {Record<string, [string, string, () => void]>} where, drawing and action */
const buttons = {
    menu: ['menu', 'menu', () => document.body.classList.toggle('side-open')],
    close: ['close', 'close', close_side],
    settings: ['settings', 'settings', show_panel],
    'panel-close': ['close', 'close', () => panel.close()],
    latest: ['down', 'latest', () => turns.to_end()],
    undo: ['undo', 'undo', undo],
    redo: ['redo', 'redo', redo],
};

function undo() {
    const question = tree.undo(current);
    if (question && !text.value) text.value = question.text;
    text_changed();
    changed();
    text.focus();
}

function redo() {
    const turn = tree.undone(current);
    if (!turn) return;
    if (text.value === turn.text) text.value = '';
    text_changed();
    tree.show(current, turn);
    changed();
}

/** Everything that has words of its own; again when the language changes. */
function show_words() {
    for (const place of document.querySelectorAll('[data-words]')) place.replaceChildren(t(/** @type {HTMLElement} */ (place).dataset.words ?? ''));
    for (const place of document.querySelectorAll('[data-button]')) {
        const name = /** @type {HTMLElement} */ (place).dataset.button ?? '', [drawing, label, act] = buttons[name];
        place.replaceChildren(iconButton(drawing, t(label), act, { id: name }));
    }
    byId('side').setAttribute('aria-label', t('conversations'));
    byId('new').replaceChildren(t('new_conversation'));
    for (const [field, name] of /** @type {[HTMLElement, string][]} */ ([[text, 'ask'], [search, 'search']])) {
        field.setAttribute('placeholder', t(name));
        field.setAttribute('aria-label', t(name));
    }
    show_all();
    show_banner();
}

// --- the server

/** '' when it answers; else what the banner says. */
let trouble = '';
let wants_key = false;

async function look_at_server() {
    try {
        await api.health();
        trouble = '';
    } catch (error) {
        const code = error instanceof api.ServerError ? error.code : 'lost';
        trouble = code === 'loading' || code === 'draining' ? code : 'lost';
        if (trouble !== 'draining') props = null;  // it may come back with another model
    }
    if (!trouble && !props) await learn();
    show_banner();
}

async function learn() {
    try {
        props = await api.props();
        wants_key = false;
    } catch (error) {
        wants_key = error instanceof api.ServerError && error.status === 401;
    }
    show_served();
    if (!current.head) show_all();
    if (panel.open) refill_panel();
}

function show_banner() {
    const banner = byId('banner');
    const words = trouble ? t(trouble) : keeps ? '' : t('not_kept');
    if (banner.textContent !== words) banner.textContent = words;
    banner.hidden = !words;
    byId('lamp').className = trouble || (wants_key ? 'loading' : 'well');
    const form = byId('key-form');
    if (wants_key && form.hidden) show_key_form(form);
    form.hidden = !wants_key;
}

/** @param {HTMLElement} form */
function show_key_form(form) {
    const input = el('input', { type: 'password', name: 'key', required: true, autocomplete: 'off', 'aria-label': t('key'), placeholder: t('key') });
    const remember = el('input', { type: 'checkbox', name: 'remember' });
    const words = el('span', {}, t('key_wanted'));
    form.replaceChildren(words, input, el('label', {}, remember, t('remember')), el('button', { class: 'strong' }, t('use_key')));
    form.onsubmit = async event => {
        event.preventDefault();
        api.use_key(input.value.trim(), remember.checked);
        input.value = '';
        await look_at_server();
        if (wants_key) words.textContent = t('key_refused');
    };
}

/** Often while something is wrong, seldom else, never behind another tab. */
async function watch_server() {
    if (!document.hidden) await look_at_server();
    setTimeout(watch_server, trouble ? 1500 : 10000);
}

// --- beginning

byId('composer').addEventListener('submit', event => {
    event.preventDefault();
    const run = runs.get(current.id);
    if (run) return run.stop.abort();
    if (!text.value.trim()) return;
    const words = text.value;
    text.value = '';
    text_changed();
    ask(words, current.head);
});
text.addEventListener('input', text_changed);
text.addEventListener('keydown', event => {
    // On screens that are touched a line ends with Enter, and a finger sends.
    if (!isEnter(event) || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    if (!runs.has(current.id)) /** @type {HTMLFormElement} */ (byId('composer')).requestSubmit();
});
document.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || event.isComposing || panel.open) return;
    if (document.body.classList.contains('side-open')) close_side();
    else runs.get(current.id)?.stop.abort();
});
document.addEventListener('visibilitychange', () => { if (!document.hidden) look_at_server(); });
byId('new').addEventListener('click', open_new);
byId('shade').addEventListener('click', close_side);
search.addEventListener('input', refresh_list);
panel.addEventListener('click', event => { if (event.target === panel) panel.close(); });
panel.addEventListener('close', () => { if (current.head) keep(current); });
other_tabs.onmessage = async (/** @type {MessageEvent<string>} */ { data }) => {
    refresh_list();
    if (data !== current.id || runs.has(current.id)) return;
    current = await store.load(data) ?? current;
    show_all();
};

apply_settings();
const last = await store.load(localStorage.getItem('rwkvk.current') ?? '');
if (last) current = last;
show_words();
restore_draft();
turns.to_end();
watch_server();
text.focus();
