// Conversations that the server keeps, as trees of the page: its turns are answers, each with the question that it follows.

import * as api from './api.js';
import { facts_of_response } from './answers.js';
import { add, children_of, new_conversation, path_to, show_until } from './tree.js';

/**
 * @typedef {import('./tree.js').Conversation} Conversation
 * @typedef {import('./tree.js').Turn} Turn
 * @typedef {import('./tree.js').Summary} Summary
 */

// Whether it is an id of the server's.
/** @param {string} id */
export const is_its = id => id.startsWith('conv_');

const path_of = (/** @type {string} */ id) => `v1/conversations/${id}`;
// Which path a person saw last is known in the browser only.
const shown_name = (/** @type {string} */ id) => `rwkvk.shown.${id}`;

const most_listed = 1000;

/** @returns {Promise<Summary[]>} the latest first */
export async function list() {
    /** @type {Summary[]} */
    const found = [];
    for (let after = ''; found.length < most_listed;) {
        const part = await api.get(`v1/conversations?limit=100${after && `&after=${after}`}`);
        found.push(...part.data.map(summary_of));
        if (!part.has_more) break;
        after = part.last_id;
    }
    return found;
}

// The server counts in seconds: until the end of one.
/** @param {any} conversation as the server tells it @returns {Summary} */
const summary_of = ({ id, metadata, rwkvk }) => ({ id, title: metadata.title ?? '', changed: 1000 * rwkvk.updated_at + 999 });

// Titles that the server has, and what else it is told again with them.
/** @type {Map<string, Record<string, string>>} */
const metadata_of = new Map();

/** @param {string} id @returns {Promise<Conversation|null>} */
export async function load(id) {
    let answer;
    try {
        answer = await api.get(`${path_of(id)}/turns`);
    } catch (error) {
        if (error instanceof api.ServerError && error.status === 404) return null;
        throw error;
    }
    const { data, conversation } = answer;
    metadata_of.set(id, conversation.metadata);
    return tree_of(data, conversation);
}

/** @param {Conversation} tree one of the server's */
export async function save(tree) {
    const shown = path_to(tree).reverse().find(turn => turn.response)?.response;
    localStorage.setItem(shown_name(tree.id), shown ?? '');
    const metadata = metadata_of.get(tree.id) ?? {};
    if (!tree.title || tree.title === metadata.title) return;
    const wanted = { ...metadata, title: tree.title };
    await api.post(path_of(tree.id), { metadata: wanted });
    metadata_of.set(tree.id, wanted);
}

/** @param {string} id */
export async function remove(id) {
    localStorage.removeItem(shown_name(id));
    await api.remove(path_of(id));
}

/** @param {string} id @returns {Promise<Blob>} */
export const state = id => api.get_file(`${path_of(id)}/state`);

/** @param {any[]} responses @param {any} conversation both as the server tells them @returns {Conversation} */
function tree_of(responses, conversation) {
    const { id, title, changed } = summary_of(conversation);
    const tree = { ...new_conversation(true), id, title, named: Boolean(title) };
    /** @type {Map<string, Turn>} by what the server calls them */
    const turns = new Map();
    for (const response of responses) {
        const parent = turns.get(response.previous_response_id)?.id ?? null;
        const question = question_of(tree, parent, response.input);
        const is_answered = response.output.length || response.status !== 'completed';
        const turn = is_answered ? answer_of(tree, question, response) : question;
        turn.response = response.id;
        turns.set(response.id, turn);
        tree.system = response.instructions ?? tree.system;
    }
    const shown = localStorage.getItem(shown_name(id)) ?? conversation.rwkvk.head, turn = turns.get(shown);
    if (turn) show_until(tree, turn);
    if (shown === '') tree.head = null;
    tree.changed = changed;
    return tree;
}

// Answers to the same question are branches below one.
/** @param {Conversation} tree @param {string|null} parent @param {any[]} input @returns {Turn} */
function question_of(tree, parent, input) {
    const text = text_of(input);
    const asked = children_of(tree, parent).find(turn => turn.role === 'user' && turn.text === text);
    if (asked) return asked;
    const question = add(tree, parent, 'user', text);
    if (input.length !== 1 || input[0].role !== 'user') question.input = input;
    return question;
}

/** @param {Conversation} tree @param {Turn} question @param {any} response @returns {Turn} */
function answer_of(tree, question, response) {
    const turn = add(tree, question.id, 'assistant', text_of(response.output));
    turn.reasoning = response.output.filter((/** @type {any} */ item) => item.type === 'reasoning').map(parts_of).join('');
    turn.facts = facts_of_response(response) ?? null;
    turn.stopped = response.status === 'cancelled';
    return turn;
}

/** @param {any} item */
const parts_of = item => item.content.map((/** @type {any} */ part) => part.text).join('');

/** @param {any[]} items what is said in them, without instructions and thoughts */
const text_of = items => items.filter(item => item.type !== 'reasoning' && !['system', 'developer'].includes(item.role)).map(words_of).join('\n\n').trim();

/** @param {any} item */
function words_of(item) {
    if (item.type === 'function_call') return `\`\`\`json\n${item.name}(${item.arguments})\n\`\`\``;
    return item.type === 'function_call_output' ? item.output : parts_of(item);
}

// The turn that is to be answered: what the server has not yet of the path to it.
/** @param {Conversation} tree @param {string} question its id */
export function turn_to(tree, question) {
    const path = path_to(tree, question);
    const known = path.filter(turn => turn.response).pop();
    const fresh = path.slice(known ? path.indexOf(known) + 1 : 0).filter(turn => turn.text || turn.input);
    const begins = is_its(tree.id) ? `resp_${tree.id.slice('conv_'.length)}_0` : undefined;
    return {
        input: fresh.length === 1 && !fresh[0].input ? fresh[0].text : fresh.flatMap(items_of),
        previous_response_id: known?.response ?? begins,
        ...(tree.system.trim() ? { instructions: tree.system } : {}),
    };
}

/** @param {Turn} turn @returns {object[]} */
const items_of = turn => turn.input ?? [{ role: turn.role, content: turn.text }];
