// Conversations as trees: every question and every answer is a turn below the one it follows, so that asking again or in other words
// makes a branch and loses nothing. What is shown is the path from the root to `head`.

/**
 * @typedef {{tokens: number, prompt: number, cached: number, rate: number, seconds: number, seed: number, fingerprint: string, numerics: string, finish: string}} Facts
 * @typedef {{id: string, parent: string|null, role: 'user'|'assistant', text: string, reasoning: string, thought: number, next: string|null,
 *   facts: Facts|null, stopped: boolean, error: string}} Turn `thought`: seconds of reasoning; `next`: the branch that was shown last
 * @typedef {{id: string, title: string, named: boolean, system: string, turns: Record<string, Turn>, first: string|null, head: string|null,
 *   count: number, changed: number}} Conversation `first`: the `next` of the root; `named`: by a person
 * @typedef {{id: string, title: string}} Summary
 */

/** @returns {Conversation} */
export function new_conversation() {
    const digits = crypto.getRandomValues(new Uint32Array(4));
    const id = [...digits].map(number => number.toString(36)).join('');
    return { id, title: '', named: false, system: '', turns: {}, first: null, head: null, count: 0, changed: Date.now() };
}

/** @param {Conversation} tree @param {string|null} [tip] @returns {Turn[]} from the root on */
export function path_to(tree, tip = tree.head) {
    const path = [];
    for (let id = tip; id; id = tree.turns[id].parent) path.unshift(tree.turns[id]);
    return path;
}

// Turns with the same parent, in the order in which they were made.
/** @param {Conversation} tree @param {string|null} parent */
export const children_of = (tree, parent) => Object.values(tree.turns).filter(turn => turn.parent === parent);

// Makes a turn below `parent` and shows it.
/** @param {Conversation} tree @param {string|null} parent @param {Turn['role']} role @param {string} text @returns {Turn} */
export function add(tree, parent, role, text) {
    const id = `t${++tree.count}`;
    const turn = { id, parent, role, text, reasoning: '', thought: 0, next: null, facts: null, stopped: false, error: '' };
    tree.turns[id] = turn;
    show(tree, turn);
    if (!tree.named && role === 'user' && !parent) tree.title = text.trim().split('\n')[0].slice(0, 80);
    tree.changed = Date.now();
    return turn;
}

// Goes to the branch of `turn`, as deep as it was seen.
/** @param {Conversation} tree @param {Turn} turn */
export function show(tree, turn) {
    if (turn.parent) tree.turns[turn.parent].next = turn.id;
    else tree.first = turn.id;
    tree.head = turn.id;
    for (let id = turn.next; id; id = tree.turns[id].next) tree.head = id;
}

// Takes the last question back, with what followed it.
/** @param {Conversation} tree @returns {Turn|null} that question */
export function undo(tree) {
    const question = path_to(tree).reverse().find(turn => turn.role === 'user') ?? null;
    if (question) tree.head = question.parent;
    return question;
}

// What undo took back last, if anything follows the head.
/** @param {Conversation} tree @returns {Turn|null} */
export function undone(tree) {
    const id = tree.head ? tree.turns[tree.head].next : tree.first;
    return id ? tree.turns[id] : null;
}

/** @param {Conversation} tree @param {Record<Turn['role'], string>} names */
export function as_text(tree, names) {
    const turns = path_to(tree).map(turn => `${names[turn.role]}:\n${turn.text.trim()}\n`);
    return [`# ${tree.title}\n`, ...(tree.system ? [`${tree.system.trim()}\n`] : []), ...turns].join('\n');
}

/** @param {Conversation} tree @param {string} words */
function has(tree, words) {
    const wanted = words.trim().toLowerCase();
    const texts = [tree.title, ...Object.values(tree.turns).map(turn => turn.text)];
    return texts.some(text => text.toLowerCase().includes(wanted));
}

/** @param {Conversation[]} trees @param {string} words @returns {Summary[]} the latest first */
function summaries(trees, words) {
    return trees.filter(tree => has(tree, words)).sort((a, b) => b.changed - a.changed).map(({ id, title }) => ({ id, title }));
}

/**
 * Where conversations are kept. A server's list would be another one of these.
 * @typedef {{lasting: boolean, list(words: string): Promise<Summary[]>, load(id: string): Promise<Conversation|null>,
 *   save(tree: Conversation): Promise<void>, remove(id: string): Promise<void>}} Store
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = request => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
});

/** @returns {Promise<Store>} in this browser; where it keeps nothing, until the page is left */
export async function open_store() {
    try {
        const opening = indexedDB.open('rwkvk', 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('conversations', { keyPath: 'id' });
        return browser_store(await done(opening));
    } catch {
        return passing_store();
    }
}

/** @param {IDBDatabase} database @returns {Store} */
function browser_store(database) {
    const trees = (/** @type {IDBTransactionMode} */ mode) => database.transaction('conversations', mode).objectStore('conversations');
    return {
        lasting: true,
        list: async words => summaries(await done(trees('readonly').getAll()), words),
        load: async id => (await done(trees('readonly').get(id))) ?? null,
        save: async tree => { await done(trees('readwrite').put(tree)); },
        remove: async id => { await done(trees('readwrite').delete(id)); },
    };
}

/** @returns {Store} */
function passing_store() {
    /** @type {Map<string, Conversation>} */
    const trees = new Map();
    return {
        lasting: false,
        list: async words => summaries([...trees.values()], words),
        load: async id => trees.get(id) ?? null,
        save: async tree => { trees.set(tree.id, tree); },
        remove: async id => { trees.delete(id); },
    };
}
