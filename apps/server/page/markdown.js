// Markdown as models write it, made into elements. Links lead to http, https and mailto; pictures are links, since a picture that loads
// by itself could carry a conversation to whoever serves it. Formulas stay text.

import { highlight } from './code.js';
import { copyButton, el } from './dom.js';

const deepest = 12;  // quotes, lists and emphasis in each other; what is deeper is text

/** @typedef {{kind: 'fence'|'heading'|'rule'|'quote'|'list'|'table'|'paragraph', lines: string[]}} Block */

const fence_begin = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const heading = /^ {0,3}(#{1,6})\s+(.*)$/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const quote = /^ {0,3}>/;
const item = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)/;
const table_line = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** @param {string} line */
const is_blank = line => line.trim() === '';
/** @param {string} line */
const indent_of = line => line.length - line.trimStart().length;
/** @param {string[]} lines @param {number} i */
const begins_table = (lines, i) => lines[i].includes('|') && i + 1 < lines.length && lines[i + 1].includes('-') && table_line.test(lines[i + 1]);

/** @param {string[]} lines @param {number} i */
function begins_other(lines, i) {
    const line = lines[i];
    return is_blank(line) || fence_begin.test(line) || heading.test(line) || rule.test(line) || quote.test(line) || item.test(line) || begins_table(lines, i);
}

// One past the last line of the list that begins at `i`.
/** @param {string[]} lines @param {number} i */
function end_of_list(lines, i) {
    const first = /** @type {RegExpExecArray} */ (item.exec(lines[i]));
    const is_number = /\d/.test(first[2]);
    let end = i + 1;
    for (let next = end; next < lines.length; ++next) {
        if (is_blank(lines[next])) continue;
        const inside = indent_of(lines[next]) >= first[1].length + 2;
        const marker = item.exec(lines[next]);
        const goes_on = marker && !rule.test(lines[next]) && /\d/.test(marker[2]) === is_number;
        const lazy = next === end && !begins_other(lines, next);
        if (!inside && !goes_on && !lazy) break;
        end = next + 1;
    }
    return end;
}

/** @param {string[]} lines @param {number} i @returns {[Block['kind'], number]} the kind and one past its last line */
function block_at(lines, i) {
    const fence = fence_begin.exec(lines[i]);
    let end = i + 1;
    if (fence) {
        const closes = (/** @type {string} */ line) => line.trim().startsWith(fence[1]) && line.trim().replaceAll(fence[1][0], '') === '';
        while (end < lines.length && !closes(lines[end])) ++end;
        return ['fence', Math.min(end + 1, lines.length)];
    }
    if (heading.test(lines[i])) return ['heading', end];
    if (rule.test(lines[i])) return ['rule', end];
    if (quote.test(lines[i])) {
        while (end < lines.length && quote.test(lines[end])) ++end;
        return ['quote', end];
    }
    if (item.test(lines[i])) return ['list', end_of_list(lines, i)];
    if (begins_table(lines, i)) {
        while (end < lines.length && lines[end].includes('|')) ++end;
        return ['table', Math.max(end, i + 2)];
    }
    while (end < lines.length && !begins_other(lines, end)) ++end;
    return ['paragraph', end];
}

/** @param {string[]} lines @returns {Block[]} */
function blocks_of(lines) {
    const blocks = [];
    for (let i = 0; i < lines.length;) {
        if (is_blank(lines[i])) {
            ++i;
            continue;
        }
        const [kind, end] = block_at(lines, i);
        blocks.push({ kind, lines: lines.slice(i, end) });
        i = end;
    }
    return blocks;
}

/** @param {Block} block @param {number} depth @returns {HTMLElement} */
function element_of(block, depth) {
    if (depth > deepest) return el('p', {}, block.lines.join('\n'));
    switch (block.kind) {
        case 'fence': return fence_element(block.lines);
        case 'heading': return heading_element(block.lines[0]);
        case 'rule': return el('hr');
        case 'quote': return fill(el('blockquote'), block.lines.map(line => line.replace(/^ {0,3}> ?/, '')), depth + 1);
        case 'list': return list_element(block.lines, depth);
        case 'table': return table_element(block.lines);
        default: return inline(el('p'), block.lines.map(line => line.trim()).join('\n'), 0);
    }
}

/** @param {HTMLElement} parent @param {string[]} lines @param {number} depth */
function fill(parent, lines, depth) {
    parent.append(...blocks_of(lines).map(block => element_of(block, depth)));
    return parent;
}

/** @param {string[]} lines */
function fence_element(lines) {
    const [, mark, language] = /** @type {RegExpExecArray} */ (fence_begin.exec(lines[0]));
    const is_closed = lines.length > 1 && lines[lines.length - 1].trim().startsWith(mark);
    const text = lines.slice(1, is_closed ? -1 : undefined).join('\n');
    const code = el('code');
    highlight(code, text, language);
    return el('div', { class: 'code' }, el('div', { class: 'code-head' }, el('span', {}, language), copyButton(() => text)), el('pre', { tabindex: 0 }, code));
}

/** @param {string} line */
function heading_element(line) {
    const [, marks, text] = /** @type {RegExpExecArray} */ (heading.exec(line));
    // The page has h1 and h2 of its own.
    const level = /** @type {'h3'|'h4'|'h5'|'h6'} */ (`h${Math.min(marks.length + 2, 6)}`);
    return inline(el(level), text.replace(/\s+#+\s*$/, ''), 0);
}

/** @param {string[]} lines @param {number} depth */
function list_element(lines, depth) {
    const first = /** @type {RegExpExecArray} */ (item.exec(lines[0]));
    const is_number = /\d/.test(first[2]);
    /** @type {{inside: number, lines: string[]}[]} */
    const items = [];
    for (const line of lines) {
        const marker = item.exec(line);
        const last = items[items.length - 1];
        if (marker && (!last || indent_of(line) < last.inside)) {
            items.push({ inside: marker[1].length + Math.max(2, marker[2].length + 1), lines: [line.slice(marker[0].length)] });
        } else if (last) {
            last.lines.push(line.slice(Math.min(indent_of(line), last.inside)));
        }
    }
    const list = is_number ? el('ol', { start: parseInt(first[2], 10) }) : el('ul');
    list.append(...items.map(one => item_element(one.lines, depth)));
    return list;
}

// Its first paragraph stands beside the mark.
/** @param {string[]} lines @param {number} depth */
function item_element(lines, depth) {
    const entry = fill(el('li'), lines, depth + 1);
    const first = entry.firstElementChild;
    if (first?.tagName === 'P') first.replaceWith(...first.childNodes);
    return entry;
}

// Cells of a row; `\|` is a bar within one.
/** @param {string} line */
function cells_of(line) {
    const cells = line.trim().replace(/^\|/, '').split(/(?<!\\)\|/);
    if (cells.length > 1 && is_blank(cells[cells.length - 1])) cells.pop();
    return cells.map(cell => cell.trim().replaceAll('\\|', '|'));
}

/** @param {string[]} lines */
function table_element(lines) {
    const sides = cells_of(lines[1]).map(cell => !cell.endsWith(':') ? 'left' : cell.startsWith(':') ? 'center' : 'right');
    const row = (/** @type {string} */ line, /** @type {'th'|'td'} */ tag) =>
        el('tr', {}, ...cells_of(line).slice(0, sides.length).map((cell, i) => inline(el(tag, { class: sides[i] }), cell, 0)));
    const body = el('tbody', {}, ...lines.slice(2).map(line => row(line, 'td')));
    return el('div', { class: 'table', tabindex: 0 }, el('table', {}, el('thead', {}, row(lines[0], 'th')), body));
}

// The address, if it is one that may be linked to.
/** @param {string} text */
export function safe_address(text) {
    try {
        const address = new URL(text.trim());
        return ['http:', 'https:', 'mailto:'].includes(address.protocol) ? address.href : null;
    } catch {
        return null;  // relative ones lead nowhere: the text knows nothing of this server
    }
}

/** @param {string} address @param {string} text @param {number} depth */
function link_or_text(address, text, depth) {
    const href = safe_address(address);
    const parent = href ? el('a', { href, target: '_blank', rel: 'noopener noreferrer' }) : el('span');
    return inline(parent, text, depth + 1, Boolean(href));
}

const marks = { '**': 'strong', '__': 'strong', '~~': 'del', '*': 'em', _: 'em' };
const special = /[\\`*_~[\]!<\n]|https?:\/\//g;
const bare_address = /https?:\/\/[\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7e]+/y;
const pointed_address = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y;
const link_target = /\]\(\s*<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/y;

/** @param {RegExp} sticky @param {string} text @param {number} at */
function match_at(sticky, text, at) {
    sticky.lastIndex = at;
    return sticky.exec(text);
}

// Where the `[` at `begin` closes, or -1.
/** @param {string} text @param {number} begin */
function closing_bracket(text, begin) {
    let open = 0;
    for (let i = begin; i < Math.min(text.length, begin + 2000); ++i) {
        if (text[i] === '\\') ++i;
        else if (text[i] === '[') ++open;
        else if (text[i] === ']' && --open === 0) return i;
    }
    return -1;
}

// Where the emphasis that `mark` opens before `from` ends, or -1.
/** @param {string} text @param {string} mark @param {number} from */
function closing_mark(text, mark, from) {
    for (let end = text.indexOf(mark, from + 1); end >= 0; end = text.indexOf(mark, end + 1)) {
        const before = text[end - 1], after = text[end + mark.length] ?? ' ';
        if (/[\s\\]/.test(before)) continue;
        if (mark.length === 1 && (before === mark || after === mark)) continue;
        if (mark[0] === '_' && /\w/.test(after)) continue;
        return end;
    }
    return -1;
}

/**
 * What one special character begins: how long it is, and what it becomes; null where it is only itself.
 * @param {string} text @param {number} at @param {number} depth @param {boolean} in_link @param {Set<string>} hopeless marks that nothing closes any more
 * @returns {{length: number, node: Node|string} | null}
 */
function span_at(text, at, depth, in_link, hopeless) {
    const c = text[at];
    if (c === '\n') return { length: 1, node: el('br') };
    if (c === '\\') return /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '') ? { length: 2, node: text[at + 1] } : null;
    if (c === '`') {
        const mark = /** @type {RegExpExecArray} */ (match_at(/`+/y, text, at))[0];
        const end = hopeless.has(mark) ? -1 : text.indexOf(mark, at + mark.length);
        if (end < 0) return hopeless.add(mark), { length: mark.length, node: mark };
        return { length: end + mark.length - at, node: el('code', {}, text.slice(at + mark.length, end).replace(/^ (.*[^ ].*) $/, '$1')) };
    }
    if (depth > deepest) return null;
    if (!in_link && (c === '[' || c === '!' && text[at + 1] === '[')) {
        const begin = c === '!' ? at + 1 : at;
        const end = closing_bracket(text, begin);
        const target = end < 0 ? null : match_at(link_target, text, end);
        if (!target) return null;
        return { length: end - at + target[0].length, node: link_or_text(target[1], text.slice(begin + 1, end) || target[1], depth) };
    }
    if (!in_link && c === '<') {
        const found = match_at(pointed_address, text, at);
        return found && { length: found[0].length, node: link_or_text(found[1], found[1].replace(/[\\*_~[\]`]/g, '\\$&'), depth) };
    }
    if (!in_link && c === 'h') {
        const found = match_at(bare_address, text, at);
        const address = found?.[0].replace(/[.,;:!?'")\]*_~]+$/, '');
        return address ? { length: address.length, node: link_or_text(address, address.replace(/[\\*_~[\]`]/g, '\\$&'), depth) } : null;
    }
    const mark = text.startsWith(c + c, at) ? c + c : c;
    const tag = /** @type {Record<string, 'strong'|'em'|'del'>} */ (marks)[mark];
    if (!tag || hopeless.has(mark) || /^\s?$/.test(text[at + mark.length] ?? '') || (c === '_' && /\w/.test(text[at - 1] ?? ''))) return null;
    const end = closing_mark(text, mark, at + mark.length);
    if (end < 0) return hopeless.add(mark), null;
    return { length: end + mark.length - at, node: inline(el(tag), text.slice(at + mark.length, end), depth + 1, in_link) };
}

/**
 * @template {HTMLElement} T
 * @param {T} parent @param {string} text @param {number} depth @param {boolean} [in_link] where a link would be one within another
 * @returns {T}
 */
function inline(parent, text, depth, in_link = false) {
    /** @type {Set<string>} */
    const hopeless = new Set();
    let plain = 0;
    const find = new RegExp(special);
    for (let found = find.exec(text); found; found = find.exec(text)) {
        const span = span_at(text, found.index, depth, in_link, hopeless);
        if (!span) {
            find.lastIndex = found.index + (text.startsWith(found[0] + found[0], found.index) ? 2 : 1);
            continue;
        }
        if (found.index > plain) parent.append(text.slice(plain, found.index));
        parent.append(span.node);
        plain = find.lastIndex = found.index + span.length;
    }
    if (plain < text.length) parent.append(text.slice(plain));
    return parent;
}

/** A text that grows: what has not changed of it keeps its elements. */
export class Markdown {
    /** @param {HTMLElement} parent */
    constructor(parent) {
        this.parent = parent;
        /** @type {string[]} */
        this.shown = [];
    }

    /** @param {string} text */
    show(text) {
        const blocks = blocks_of(text.replaceAll('\r', '').replaceAll('\t', '    ').split('\n'));
        const texts = blocks.map(block => block.lines.join('\n'));
        let same = 0;
        while (same < texts.length && texts[same] === this.shown[same]) ++same;
        while (this.parent.children.length > same) this.parent.lastElementChild?.remove();
        this.parent.append(...blocks.slice(same).map(block => element_of(block, 0)));
        this.shown = texts;
    }
}
