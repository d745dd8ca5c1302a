// Elements are made by name and filled with text: no string ever becomes HTML.

import { t } from './words.js';

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties] attributes; functions are listeners (`onclick`)
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (typeof value === 'function') element.addEventListener(name.slice(2), value);
        else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : String(value));
    }
    for (const child of children) if (child || child === '') element.append(child);
    return element;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
    const element = document.getElementById(id);
    if (!element) throw new Error(`index.html: expected an element #${id}, found none`);
    return element;
}

// Strokes in a square of 20.
/** @type {Record<string, string>} */
const drawings = {
    menu: 'M3 5.5h14M3 10h14M3 14.5h14',
    plus: 'M10 4v12M4 10h12',
    send: 'M10 16V4M5 9l5-5 5 5',
    stop: 'M6 6h8v8H6zM7.5 7v6M9 7v6M11 7v6M12.5 7v6',
    copy: 'M7 7h9v9H7zM4 13V4h9',
    done: 'M4 10.5l4 4 8-9',
    edit: 'M4 16l.8-3.2L13 4.6l2.4 2.4-8.2 8.2zM11.5 6.1l2.4 2.4',
    again: 'M15.5 10a5.5 5.5 0 1 1-1.6-3.9M15.5 3.5v3h-3',
    undo: 'M4 8h8a4 4 0 0 1 0 8H8M7 5L4 8l3 3',
    redo: 'M16 8H8a4 4 0 0 0 0 8h4M13 5l3 3-3 3',
    left: 'M12 5l-5 5 5 5',
    right: 'M8 5l5 5-5 5',
    down: 'M10 4v12M5 11l5 5 5-5',
    remove: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6',
    export: 'M10 3v9M6 8.5l4 4 4-4M4 16.5h12',
    state: 'M4 6c0-2.6 12-2.6 12 0s-12 2.6-12 0v8c0 2.6 12 2.6 12 0V6',
    settings: 'M3 6h7M14 6h3M12 4v4M3 14h3M10 14h7M8 12v4',
    close: 'M5 5l10 10M15 5L5 15',
    search: 'M8.5 14a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11zM12.5 12.5L17 17',
};

/** @param {string} name */
export function icon(name) {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 20 20');
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('class', 'icon');
    const path = document.createElementNS(space, 'path');
    path.setAttribute('d', drawings[name]);
    svg.append(path);
    return svg;
}

/**
 * @param {string} name of the drawing
 * @param {string} label what it does, for the pointer and for screen readers
 * @param {(event: MouseEvent) => void} action
 * @param {Record<string, any>} [properties]
 */
export function iconButton(name, label, action, properties = {}) {
    return el('button', { type: 'button', class: 'quiet', title: label, 'aria-label': label, ...properties, onclick: action }, icon(name));
}

/** @param {() => string} text */
export function copyButton(text) {
    const button = iconButton('copy', t('copy'), async () => {
        const drawing = await copy(text()) ? 'done' : 'close';
        button.replaceChildren(icon(drawing));
        setTimeout(() => button.replaceChildren(icon('copy')), 1500);
    });
    return button;
}

/** @param {string} text @returns {Promise<boolean>} */
async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyBySelection(text);  // the clipboard is for pages of HTTPS and of this computer
    }
}

/** @param {string} text */
function copyBySelection(text) {
    const area = el('textarea', { class: 'unseen' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
}

/**
 * Whoever goes by keyboard stays on a button that `change` makes anew.
 * @param {HTMLElement} parent @param {() => void} change
 */
export function keep_focus(parent, change) {
    const had = document.activeElement;
    const index = [...parent.children].findIndex(child => child.contains(had));
    change();
    const buttons = [...parent.children[index]?.querySelectorAll('button') ?? []];
    buttons.find(button => button.title === had?.getAttribute('title'))?.focus();
}

// Whether this Enter is for the page and not for an input method that composes a word.
/** @param {KeyboardEvent} event */
export function isEnter(event) {
    return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

// As high as its text, within what the style sheet allows.
/** @param {HTMLTextAreaElement} area */
export function fit(area) {
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight + 2}px`;
}
