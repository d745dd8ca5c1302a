// Conversations as trees: every question and every answer is a turn below the one it follows, so that asking again or in other words
// makes a branch and loses nothing. What is shown is the path from the root to `head`.

/**
 * @typedef {{tokens: number, prompt: number, cached: number, rate: number, seconds: number, seed: number, fingerprint: string, numerics: string, finish: string}} Facts
 * @typedef {{id: string, parent: string|null, role: 'user'|'assistant', text: string, reasoning: string, thought: number, next: string|null,
 *   facts: Facts|null, stopped: boolean, error: string, unkept?: boolean, response?: string,
 *   input?: any[]}} Turn `thought`: seconds of reasoning; `next`: the branch that was shown last; `unkept`: by the server, which has the others;
 *   `response`: what the server calls it; `input`: a question as items, where it is more than a text
 * @typedef {{id: string, title: string, named: boolean, system: string, turns: Record<string, Turn>, first: string|null, head: string|null,
 *   count: number, changed: number, is_servers: boolean}} Conversation `first`: the `next` of the root; `named`: by a person; `is_servers`: it keeps it,
 *   or shall
 * @typedef {{id: string, title: string, changed: number}} Summary
 */

const new_id = () => [...crypto.getRandomValues(new Uint32Array(4))].map(number => number.toString(36)).join('');

/** @param {boolean} is_servers @returns {Conversation} */
export function new_conversation(is_servers) {
    return { id: new_id(), title: '', named: false, system: '', turns: {}, first: null, head: null, count: 0, changed: Date.now(), is_servers };
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

// Shows the path to `turn` and nothing below it.
/** @param {Conversation} tree @param {Turn} turn */
export function show_until(tree, turn) {
    for (const each of path_to(tree, turn.id)) show(tree, each);
    tree.head = turn.id;
}

// As one that no server has yet.
/** @param {Conversation} tree */
export function forget_names(tree) {
    tree.id = new_id();
    for (const turn of Object.values(tree.turns)) delete turn.response;
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
