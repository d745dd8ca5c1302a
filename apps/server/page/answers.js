// Answers piece by piece, whichever way they were asked for: as a chat that carries all that was said, or as a turn of a conversation that
// the server keeps.

import { stream } from './api.js';

/**
 * @typedef {import('./tree.js').Facts} Facts
 * @typedef {{text?: string, reasoning?: string, facts?: Facts, names?: {conversation: string, response: string}, unkept?: string}} Piece
 *   `names`: what the server calls them; `unkept`: why it did not keep the answer
 */

/**
 * @param {object[]} messages @param {Record<string, any>} fields of sampling
 * @param {AbortSignal} signal @param {(piece: Piece) => void} take Errors: as stream.
 */
export async function chat(messages, fields, signal, take) {
    /** @type {any} */
    const last = {};  // facts come in the last chunks
    await stream('v1/chat/completions', { messages, ...fields, stream_options: { include_usage: true } }, signal, chunk => {
        const choice = chunk.choices?.[0], delta = choice?.delta ?? {};
        Object.assign(last, chunk, { finish: choice?.finish_reason ?? last.finish });
        take({ text: delta.content, reasoning: delta.reasoning_content });
    });
    const { usage, timings, rwkvk, system_fingerprint, finish } = last;
    if (usage && timings && rwkvk) take({ facts: facts({ ...rwkvk, timings, system_fingerprint }, finish) });
}

/**
 * @param {{input: string|object[], instructions?: string, previous_response_id?: string}} turn @param {Record<string, any>} fields of sampling, as a chat has them
 * @param {AbortSignal} signal @param {(piece: Piece) => void} take Errors: as stream.
 */
export async function respond(turn, { max_tokens, reasoning_effort, ...fields }, signal, take) {
    const request = {
        ...turn, ...fields,
        ...(max_tokens ? { max_output_tokens: max_tokens } : {}),
        ...(reasoning_effort ? { reasoning: { effort: reasoning_effort } } : {}),
    };
    await stream('v1/responses', request, signal, ({ type, delta, response }) => {
        if (type === 'response.created') take({ names: { conversation: response.conversation.id, response: response.id } });
        if (type === 'response.output_text.delta') take({ text: delta });
        if (type === 'response.reasoning_text.delta') take({ reasoning: delta });
        if (type !== 'response.completed' && type !== 'response.incomplete') return false;
        take({ facts: facts_of_response(response), unkept: response.rwkvk.committed ? '' : response.rwkvk.reason });
        return true;
    });
}

/** @param {any} response @returns {Facts|undefined} of an older server: none */
export function facts_of_response({ rwkvk, incomplete_details }) {
    if (!rwkvk?.timings) return undefined;
    return facts(rwkvk, incomplete_details?.reason === 'max_output_tokens' ? 'length' : 'stop');
}

/** @param {any} rwkvk @param {string} finish @returns {Facts} */
const facts = ({ seed, fingerprint, system_fingerprint, timings }, finish) => ({
    tokens: timings.predicted_n, prompt: timings.cache_n + timings.prompt_n, cached: timings.cache_n, rate: timings.predicted_per_second,
    seconds: timings.predicted_ms / 1000, seed, fingerprint, numerics: system_fingerprint, finish,
});
