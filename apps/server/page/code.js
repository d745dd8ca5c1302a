// Colours of code: strings, comments, numbers, keywords. One rough rule for all languages of a family is enough to read by.

import { el } from './dom.js';

const words = {
    c: 'alignas auto bool break case catch char class const constexpr continue default delete do double else enum explicit extern false final float ' +
        'for friend goto if inline int long namespace new nullptr operator override private protected public return short signed sizeof static struct ' +
        'switch template this throw true try typedef typename union unsigned using virtual void volatile while fn let mut impl trait pub use mod ' +
        'match loop move ref self Self where async await dyn crate type interface func go defer chan map range package import var select fallthrough',
    script: 'abstract as async await boolean break case catch class const continue default delete do else enum export extends false finally for from ' +
        'function if implements import in instanceof interface let new null of private protected public readonly return static super switch this ' +
        'throw true try type typeof undefined var void while with yield int long float double char string package final',
    python: 'and as assert async await break class continue def del elif else except False finally for from global if import in is lambda None nonlocal ' +
        'not or pass raise return True try while with yield match case self',
    shell: 'if then else elif fi for while until do done case esac in function return local export set unset echo exit cd source true false begin end ' +
        'def elsif module require unless nil',
    sql: 'select from where and or not insert into values update set delete create table drop alter add primary key foreign references join left right ' +
        'inner outer on group by order having limit offset as distinct union all null is in like between case when then else end count sum avg min ' +
        'max index view with',
    none: '',
};

/** @typedef {{line: string, block: boolean, words: Set<string>, blind: boolean}} Family how comments begin, keywords, whether capitals count */

/** @param {keyof words} name @param {string} line @param {boolean} block @returns {Family} */
const family = (name, line, block) => ({ line, block, words: new Set(words[name].split(' ')), blind: name === 'sql' });

const families = {
    c: family('c', '//', true), script: family('script', '//', true), python: family('python', '#', false),
    shell: family('shell', '#', false), sql: family('sql', '--', true), none: family('none', '#', false), data: family('none', '//', true),
};

/** @type {Record<string, keyof families>} */
const family_of = {
    c: 'c', h: 'c', cpp: 'c', 'c++': 'c', cc: 'c', hpp: 'c', cuda: 'c', glsl: 'c', rust: 'c', rs: 'c', go: 'c', zig: 'c',
    js: 'script', javascript: 'script', ts: 'script', typescript: 'script', jsx: 'script', tsx: 'script', java: 'script', kotlin: 'script',
    cs: 'script', csharp: 'script', swift: 'script', dart: 'script', php: 'script', scala: 'script',
    py: 'python', python: 'python', sh: 'shell', bash: 'shell', shell: 'shell', zsh: 'shell', ruby: 'shell', rb: 'shell', perl: 'shell', cmake: 'shell', make: 'shell', dockerfile: 'shell',
    sql: 'sql', json: 'data', css: 'data', yaml: 'none', yml: 'none', toml: 'none', ini: 'none',
};

/** @param {Family} f */
function pattern(f) {
    const comments = f.line.replace(/[/-]/g, '\\$&') + '[^\\n]*' + (f.block ? '|/\\*[^]*?(?:\\*/|$)' : '');
    const strings = '"""[^]*?(?:"""|$)|"(?:[^"\\\\\\n]|\\\\[^])*"?|\'(?:[^\'\\\\\\n]|\\\\[^])*\'?|`(?:[^`\\\\]|\\\\[^])*`?';
    return new RegExp(`(${comments})|(${strings})|\\b(\\d[\\w.]*)|([A-Za-z_]\\w*)`, 'g');
}

/**
 * Fills `parent` with the code, coloured where the language is known.
 * @param {HTMLElement} parent @param {string} text @param {string} language
 */
export function highlight(parent, text, language) {
    const f = families[family_of[language.toLowerCase()]];
    if (!f) return parent.append(text);
    let plain = 0;
    for (const found of text.matchAll(pattern(f))) {
        const kind = found[1] ? 'comment' : found[2] ? 'string' : found[3] ? 'number' : 'keyword';
        if (kind === 'keyword' && !f.words.has(f.blind ? found[0].toLowerCase() : found[0])) continue;
        parent.append(text.slice(plain, found.index), el('span', { class: `code-${kind}` }, found[0]));
        plain = Number(found.index) + found[0].length;
    }
    parent.append(text.slice(plain));
}
