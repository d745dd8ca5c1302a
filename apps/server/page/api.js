// The server as the page knows it: paths beside its own (a proxy may have put both into a folder), errors in one shape, answers as a
// stream of server-sent events.

/** `status` 0: no answer came at all. */
export class ServerError extends Error {
    /** @param {number} status @param {string} code @param {string} message */
    constructor(status, code, message) {
        super(message);
        this.status = status;
        this.code = code;
    }
}

const key_name = 'rwkvk.key';

/** The key of this tab, or the one that is to be remembered. */
const key = () => sessionStorage.getItem(key_name) ?? localStorage.getItem(key_name);

/** @param {string} text @param {boolean} remember beyond this tab */
export function use_key(text, remember) {
    localStorage.removeItem(key_name);
    sessionStorage.removeItem(key_name);
    (remember ? localStorage : sessionStorage).setItem(key_name, text);
}

/** @param {string} path @param {RequestInit} [options] @returns {Promise<Response>} Errors: ServerError, AbortError. */
async function ask(path, options = {}) {
    /** @type {Record<string, string>} */
    const headers = { 'Content-Type': 'application/json' };
    const secret = key();
    if (secret) headers.Authorization = `Bearer ${secret}`;
    let answer;
    try {
        answer = await fetch(path, { ...options, headers, cache: 'no-store' });
    } catch (error) {
        throw as_server_error(error);
    }
    if (!answer.ok) throw await error_of(answer);
    return answer;
}

/** @param {unknown} error */
function as_server_error(error) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return error instanceof ServerError ? error : new ServerError(0, 'lost', String(error));
}

/** @param {Response} answer */
async function error_of(answer) {
    try {
        const { error } = await answer.json();
        return new ServerError(answer.status, error.code ?? error.type, error.message);
    } catch {
        return new ServerError(answer.status, '', `HTTP ${answer.status}`);  // of a proxy
    }
}

/**
 * @typedef {{model_alias: string, model_path: string, device: string, build_info: string, system_fingerprint: string, total_slots: number,
 *   keeps_conversations: boolean, default_generation_settings: {params: Record<string, number>}}} Props
 */

/** @returns {Promise<Props>} */
export const props = () => get('props');

/** Ends well when the server takes requests. */
export const health = async () => { await ask('health'); };

/** @param {string} path @returns {Promise<any>} */
export const get = async path => (await ask(path)).json();

/** @param {string} path @returns {Promise<Blob>} */
export const get_file = async path => (await ask(path)).blob();

/** @param {string} path @param {object} words */
export const post = async (path, words) => { await ask(path, { method: 'POST', body: JSON.stringify(words) }); };

/** @param {string} path also when the page is being left */
export const remove = async path => { await ask(path, { method: 'DELETE', keepalive: true }); };

// Events of a stream, one by one.
/** @param {ReadableStream<Uint8Array>} body */
async function* events_of(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let waiting = '';
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const lines = (waiting + decoder.decode(value, { stream: true })).split('\n');
        waiting = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length);
    }
}

/**
 * @param {string} path @param {object} request @param {AbortSignal} signal
 * @param {(event: any) => boolean|void} take every event, parsed; true: it was the last one
 * @returns {Promise<void>} at the end of the answer. Errors: ServerError; AbortError after an abort.
 */
export async function stream(path, request, signal, take) {
    const answer = await ask(path, { method: 'POST', body: JSON.stringify({ ...request, stream: true }), signal });
    if (!answer.body) throw new ServerError(0, 'lost', 'the answer has no body');
    try {
        for await (const text of events_of(answer.body)) {
            if (text === '[DONE]') return;
            const event = JSON.parse(text), error = event.error ?? event.response?.error;
            if (error) throw new ServerError(503, error.code ?? '', error.message);
            if (take(event)) return;
        }
    } catch (error) {
        throw as_server_error(error);
    }
    throw new ServerError(0, 'lost', 'the answer was cut');
}
