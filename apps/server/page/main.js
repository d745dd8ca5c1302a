// What happens: a person asks, the server answers, the tree grows, the view shows it.

import * as answers from './answers.js';
import * as api from './api.js';
import { byId, el, fit, iconButton, isEnter } from './dom.js';
import * as served from './served.js';
import { apply_settings, fill_panel, request_fields, settings } from './settings.js';
import { Status, words_of } from './status.js';
import { Stores } from './stores.js';
import * as tree from './tree.js';
import { show_list, show_send, TurnList } from './view.js';
import { t } from './words.js';

/**
 * @typedef {import('./tree.js').Conversation} Conversation
 * @typedef {import('./tree.js').Turn} Turn
 * @typedef {{tree: Conversation, turn: Turn, stop: AbortController, thinks_since: number}} Run
 */

const text = /** @type {HTMLTextAreaElement} */ (byId('text'));
const search = /** @type {HTMLInputElement} */ (byId('search'));
const panel = /** @type {HTMLDialogElement} */ (byId('panel'));
const stores = await Stores.open();
const other_tabs = new BroadcastChannel('rwkvk');
// Answers that are being written; a conversation has its id of the server only when the server has taken it.
/** @type {Map<Conversation, Run>} */
const runs = new Map();
const server = new Status(learned);
if (!stores.is_lasting) server.otherwise = 'not_kept';
/** A conversation that the server did not give yet, or ''. */
let to_reopen = '';
let current = tree.new_conversation(false);

const turns = new TurnList(byId('scroll'), byId('turns'), {
    regenerate: turn => turn.parent && answer(current, turn.parent),
    edit: (turn, words) => ask(words, turn.parent),
    branch: turn => {
        if (runs.has(current)) return;
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
    if (runs.has(current)) return;
    if (!current.count) current.is_servers = server_keeps_new();
    const question = tree.add(current, parent, 'user', words.trim());
    turns.to_end();
    answer(current, question.id);
}

const server_keeps_new = () => stores.asks_server && !settings.kept;

/** @param {Conversation} of @param {string} question its id */
async function answer(of, question) {
    if (runs.has(of)) return;
    const turn = tree.add(of, question, 'assistant', '');
    /** @type {Run} */
    const run = { tree: of, turn, stop: new AbortController(), thinks_since: 0 };
    turn.stopped = true;  // until it has come to its end: a page that is left stops it
    runs.set(of, run);
    changed();
    byId('spoken').textContent = t('answering');
    try {
        await answer_to(run, question);
        turn.stopped = false;
    } catch (error) {
        if (!run.stop.signal.aborted) refused(run, /** @type {Error} */ (error));
    }
    runs.delete(of);
    if (stores.removed.has(of.id)) return;
    of.changed = Date.now();
    keep(of);
    if (of !== current) return;
    turns.update(turn, false);
    show_controls();
    byId('spoken').textContent = turn.error || turn.text;
}

/** @param {Run} run @param {string} question */
function answer_to(run, question) {
    const { tree: of, stop: { signal } } = run, take_piece = (/** @type {import('./answers.js').Piece} */ piece) => take(run, piece);
    if (!of.is_servers) return answers.chat(messages_to(of, question), request_fields(), signal, take_piece);
    return when_it_is_kept(signal, () => answers.respond(served.turn_to(of, question), request_fields(), signal, take_piece));
}

// An answer that was stopped is kept by the server a moment later.
/** @param {AbortSignal} signal @param {() => Promise<void>} ask */
async function when_it_is_kept(signal, ask) {
    for (let left = 10; ; --left) {
        try {
            return await ask();
        } catch (error) {
            if (!left || signal.aborted || !(error instanceof api.ServerError) || error.status !== 404) throw error;
            await new Promise(resolve => setTimeout(resolve, 200));
        }
    }
}

/** @param {Conversation} of @param {string} question */
function messages_to(of, question) {
    // An answer that was stopped before its first word is nothing that was said.
    const said = tree.path_to(of, question).filter(turn => turn.text).map(turn => ({ role: turn.role, content: turn.text }));
    return of.system.trim() ? [{ role: 'system', content: of.system }, ...said] : said;
}

/** @param {Run} run @param {import('./answers.js').Piece} piece */
function take(run, { text: said, reasoning, facts, names, unkept }) {
    if (run.stop.signal.aborted) return;  // it was on its way
    const { turn } = run;
    if (names) take_names(run, names);
    if (reasoning) {
        run.thinks_since ||= performance.now();
        turn.reasoning += reasoning;
    }
    if (run.thinks_since && !turn.text) turn.thought = (performance.now() - run.thinks_since) / 1000;
    if (said) turn.text += turn.text ? said : said.trimStart();
    if (facts) turn.facts = facts;
    if (unkept) {
        turn.unkept = true;
        delete turn.response;
    }
    show_soon(run);
}

// From now on the server has it.
/** @param {Run} run @param {{conversation: string, response: string}} names */
function take_names({ tree: of, turn }, { conversation, response }) {
    turn.response = response;
    if (of.id === conversation) return;
    const before = of.id, draft = localStorage.getItem(`rwkvk.draft.${before}`);
    of.id = conversation;
    due.delete(of);
    stores.browser.remove(before);
    if (draft) localStorage.setItem(`rwkvk.draft.${conversation}`, draft);
    localStorage.removeItem(`rwkvk.draft.${before}`);
    keep(of);
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
        if (run.tree === current) turns.update(run.turn, runs.get(current) === run);  // the next one may have begun
    });
}

/** @param {Run} run @param {Error} error */
function refused({ tree: of, turn }, error) {
    delete turn.response;  // whether the server has it is not known: it is told again with the next question
    turn.error = words_of(error);
    if (error instanceof api.ServerError && error.status === 401) server.props = null;  // asked for again, which shows where to put the key
    const is_gone = error instanceof api.ServerError && error.status === 404 && served.is_its(of.id);
    if (is_gone) tree.forget_names(of);  // asked again it is a new one
    server.look();
}

// --- keeping

/** @param {Conversation} of */
async function keep(of) {
    due.delete(of);  // lest an old one is written over what another copy of it becomes
    if (of === current) remember_shown();
    try {
        await stores.save(of);
    } catch (error) {
        if (error instanceof DOMException) server.otherwise = 'not_kept';  // the browser is full
        server.show();
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
    setTimeout(() => due.delete(of) && stores.save(of).catch(() => {}), 500);
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
    to_reopen = '';
    current = of;
    close_side();
    show_all();
    restore_draft();
    turns.to_end();
}

async function open_by_id(/** @type {string} */ id) {
    const of = await conversation(id);
    if (of) open(of);
}

function open_new() {
    open(tree.new_conversation(false));
    text.focus();
}

const list_actions = {
    open: open_by_id,
    async rename(/** @type {string} */ id, /** @type {string} */ title) {
        const of = await conversation(id);
        if (!of) return;
        if (title !== of.title) Object.assign(of, { title, named: true });
        await keep(of);
        show_title();
    },
    async save_text(/** @type {string} */ id) {
        const of = await conversation(id);
        if (of) save_file(of, 'txt', new Blob([tree.as_text(of, { user: t('you'), assistant: 'rwkvk' })], { type: 'text/plain' }));
    },
    async save_state(/** @type {string} */ id) {
        const of = await conversation(id);
        if (of) await reached(async () => save_file(of, 'safetensors', await served.state(id)));
    },
    async remove(/** @type {string} */ id) {
        await end_removals();
        const of = await conversation(id);
        if (!of) return;
        stores.hide(id);
        runs.get(of)?.stop.abort();
        due.delete(of);
        localStorage.removeItem(`rwkvk.draft.${id}`);
        if (current.id === id) open_new();
        await refresh_list();
        toast(t('removed', of.title || t('untitled')), t('take_back'), () => {
            stores.take_back(id);
            keep(of);
            open(of);
        }, end_removals);
    },
};

/** For good. */
async function end_removals() {
    const gone = [...stores.removed];
    await stores.remove_hidden();
    for (const id of gone) other_tabs.postMessage(id);
}

/** @param {Conversation} of @param {string} ending @param {Blob} content */
function save_file(of, ending, content) {
    const href = URL.createObjectURL(content);
    el('a', { href, download: `${of.title.replace(/[^\p{L}\p{N} -]/gu, '').slice(0, 40).trim() || 'rwkvk'}.${ending}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
}

/** @template T @param {() => Promise<T>} act what asks the server; where it fails, that is told @returns {Promise<T|null>} */
async function reached(act) {
    try {
        return await act();
    } catch (error) {
        toast(t('failed', words_of(/** @type {Error} */ (error))), t('close'), () => {});
        return null;
    }
}

/** @param {string} id @returns {Promise<Conversation|null>} the one that is shown or written, else as it is kept */
async function conversation(id) {
    const known = [current, ...runs.keys()].find(of => of.id === id);
    return known ?? reached(() => stores.load(id));
}

let lists_asked_for = 0;

async function refresh_list() {
    const mine = ++lists_asked_for;
    const found = await stores.list(search.value);
    if (mine !== lists_asked_for) return;  // a later one has come before it, or will
    if (byId('list').querySelector('.rename')) return;  // somebody writes in it
    const none = search.value ? 'nothing_found' : server_keeps_new() ? 'no_conversations_served' : 'no_conversations';
    show_list(byId('list'), found, current.id, none, list_actions);
}

// --- showing

/** The current conversation has another path, and is kept. */
function changed() {
    keep(current);
    show_all();
}

function remember_shown() {
    if (!to_reopen) localStorage.setItem('rwkvk.current', current.id);
}

function show_all() {
    remember_shown();
    turns.show(current, runs.get(current)?.turn ?? null, server.props?.model_path === 'rwkvk-demo');
    show_controls();
    refresh_list();
}

function show_title() {
    const title = current.title || t('new_conversation');
    byId('title').textContent = title;
    document.title = current.title ? `${title} · rwkvk` : 'rwkvk';
}

function show_controls() {
    const running = runs.has(current);
    show_title();
    show_send(running, byId('send'));
    byId('undo').hidden = running || !current.head;
    byId('redo').hidden = running || !tree.undone(current);
}

function show_served() {
    const { props } = server;
    byId('model').textContent = byId('model').title = props ? `${props.model_alias} · ${props.device}` : '';
}

function show_panel() {
    refill_panel();
    panel.showModal();
}

function refill_panel() {
    const fact = (/** @type {keyof import('./api.js').Props} */ name) => String(server.props?.[name] ?? t('unknown'));
    fill_panel(byId('panel-body'), {
        system: current.system,
        keeps: stores.asks_server,
        params: server.props?.default_generation_settings.params ?? {},
        facts: [[t('model'), fact('model_alias')], [t('device'), fact('device')], [t('version'), fact('build_info')],
            [t('fact_numerics'), fact('system_fingerprint')], [t('address'), new URL('v1', document.baseURI).href]],
    }, {
        system: words => {
            current.system = words;
            if (current.head) keep_soon(current);
        },
        changed: show_words,
    });
}

/** @param {string} words @param {string} action @param {() => void} act @param {() => void} [otherwise] when it goes without */
function toast(words, action, act, otherwise) {
    const box = byId('toast');
    const shown = el('span', {}, words);
    box.replaceChildren(shown, el('button', { type: 'button', onclick: () => {
        box.hidden = true;
        act();
    } }, action));
    box.hidden = false;
    setTimeout(() => {
        if (!shown.isConnected || box.hidden) return;
        box.hidden = true;
        otherwise?.();
    }, 8000);
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
    server.show();
}

function reopen() {
    const id = to_reopen;
    to_reopen = '';
    if (!current.count) open_by_id(id);
}

function learned() {
    const { props } = server;
    if (props) stores.learn(props.keeps_conversations);
    show_served();
    if (props && to_reopen) reopen();
    else if (!current.head) show_all();
    if (panel.open) refill_panel();
}

// --- beginning

byId('composer').addEventListener('submit', event => {
    event.preventDefault();
    const run = runs.get(current);
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
    if (!runs.has(current)) /** @type {HTMLFormElement} */ (byId('composer')).requestSubmit();
});
document.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || event.isComposing || panel.open) return;
    if (document.body.classList.contains('side-open')) close_side();
    else runs.get(current)?.stop.abort();
});
document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    server.look();
    refresh_list();
});
window.addEventListener('pagehide', end_removals);
byId('new').addEventListener('click', open_new);
byId('shade').addEventListener('click', close_side);
search.addEventListener('input', refresh_list);
panel.addEventListener('click', event => { if (event.target === panel) panel.close(); });
panel.addEventListener('close', () => { if (current.head) keep(current); });
other_tabs.onmessage = async (/** @type {MessageEvent<string>} */ { data }) => {
    refresh_list();
    if (data !== current.id || runs.has(current)) return;
    current = await stores.load(data).catch(() => null) ?? current;
    show_all();
};

apply_settings();
end_removals();
const last_shown = localStorage.getItem('rwkvk.current') ?? '';
try {
    current = await stores.load(last_shown) ?? current;
} catch {
    to_reopen = last_shown;
}
show_words();
restore_draft();
turns.to_end();
server.watch();
text.focus();
