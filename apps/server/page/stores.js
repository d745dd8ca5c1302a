// Where conversations are kept: in this browser, or by the server. A list has both; an id tells where.

import * as served from './served.js';

/**
 * @typedef {import('./tree.js').Conversation} Conversation
 * @typedef {import('./tree.js').Summary} Summary
 * @typedef {{load(id: string): Promise<Conversation|null>, save(tree: Conversation): Promise<void>, remove(id: string): Promise<void>}} Keeper
 * @typedef {Keeper & {all(): Promise<Conversation[]>}} Browser
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = request => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
});

/** @param {IDBDatabase} database @returns {Browser} */
function lasting(database) {
    const trees = (/** @type {IDBTransactionMode} */ mode) => database.transaction('conversations', mode).objectStore('conversations');
    return {
        all: () => done(trees('readonly').getAll()),
        load: async id => (await done(trees('readonly').get(id))) ?? null,
        save: async tree => { await done(trees('readwrite').put(tree)); },
        remove: async id => { await done(trees('readwrite').delete(id)); },
    };
}

// Until the page is left.
/** @returns {Browser} */
function passing() {
    /** @type {Map<string, Conversation>} */
    const trees = new Map();
    return {
        all: async () => [...trees.values()],
        load: async id => trees.get(id) ?? null,
        save: async tree => { trees.set(tree.id, tree); },
        remove: async id => { trees.delete(id); },
    };
}

const removed_name = 'rwkvk.removed', asks_name = 'rwkvk.server_keeps';

export class Stores {
    /** @param {Browser} browser @param {boolean} is_lasting whether that one is */
    constructor(browser, is_lasting) {
        this.browser = browser;
        this.is_lasting = is_lasting;
        /** Whether the server has a list: as it was, until the server tells. */
        this.asks_server = Boolean(localStorage.getItem(asks_name));
        /** @type {{at: number, list: Promise<Summary[]>}|null} what it says, for a moment */
        this.listed = null;
        /** @type {Summary[]} what it said last, for when it says nothing */
        this.last_list = [];
        // Ids that may still be taken back.
        /** @type {Set<string>} */
        this.removed = new Set(JSON.parse(localStorage.getItem(removed_name) ?? '[]'));
    }

    static async open() {
        try {
            const opening = indexedDB.open('rwkvk', 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore('conversations', { keyPath: 'id' });
            return new Stores(lasting(await done(opening)), true);
        } catch {
            return new Stores(passing(), false);
        }
    }

    /** @param {boolean} server_keeps */
    learn(server_keeps) {
        this.asks_server = server_keeps;
        localStorage.setItem(asks_name, server_keeps ? 'yes' : '');
    }

    /** @param {string} id @returns {Keeper} */
    keeper_of(id) { return served.is_its(id) ? served : this.browser; }

    /** @param {string} id @returns {Promise<Conversation|null>} Errors: ServerError */
    async load(id) { return this.removed.has(id) ? null : this.keeper_of(id).load(id); }

    /** @param {Conversation} tree Errors: ServerError; DOMException of a browser that is full */
    async save(tree) {
        await this.keeper_of(tree.id).save(tree);
        if (served.is_its(tree.id)) this.listed = null;
    }

    /** @param {string} words @returns {Promise<Summary[]>} the latest first; those of the server by their titles alone */
    async list(words) {
        const wanted = words.trim().toLowerCase(), has = (/** @type {string[]} */ texts) => texts.some(text => text.toLowerCase().includes(wanted));
        const kept = (await this.browser.all()).filter(tree => has([tree.title, ...Object.values(tree.turns).map(turn => turn.text)]));
        const others = (await this.of_server()).filter(({ title }) => has([title]));
        return [...others, ...kept.map(({ id, title, changed }) => ({ id, title, changed }))]
            .filter(({ id }) => !this.removed.has(id)).sort((a, b) => b.changed - a.changed);
    }

    async of_server() {
        if (!this.asks_server) return [];
        if (!this.listed || Date.now() - this.listed.at > 5000) this.listed = { at: Date.now(), list: served.list().catch(() => this.last_list) };
        return this.last_list = await this.listed.list;
    }

    // It is gone when it is removed for good, and may be taken back until then.
    /** @param {string} id */
    hide(id) {
        this.removed.add(id);
        this.remember_removed();
    }

    /** @param {string} id */
    take_back(id) {
        this.removed.delete(id);
        this.remember_removed();
    }

    /** Everything that is hidden, for good; what fails is tried another time. */
    async remove_hidden() {
        for (const id of this.removed) {
            try {
                await this.keeper_of(id).remove(id);
            } catch (error) {
                if (/** @type {any} */ (error).status !== 404) continue;
            }
            this.listed = null;
            this.take_back(id);
        }
    }

    remember_removed() { localStorage.setItem(removed_name, JSON.stringify([...this.removed])); }
}
