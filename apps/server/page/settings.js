// What a person has chosen: look, language, sampling. Kept in this browser; the panel shows it.

import { el } from './dom.js';
import { languages, language, t, use_language } from './words.js';

/**
 * @typedef {{temperature: number, top_p: number, top_k: number, presence_penalty: number, frequency_penalty: number, penalty_decay: number}} Sampling
 * @typedef {{scheme: string, language: string, kept: string, preset: string, sampling: Sampling, seed: string, max_tokens: string, thinking: string}} Settings
 * '' leaves it to the system, the browser, the server; `kept`: 'browser' or '': where new conversations are
 */

/** @param {number} temperature @param {number} top_p @param {number} presence_penalty @param {number} frequency_penalty @param {number} penalty_decay @param {number} top_k @returns {Sampling} */
const sampling = (temperature, top_p, presence_penalty, frequency_penalty, penalty_decay = 0.996, top_k = 0) =>
    ({ temperature, top_p, top_k, presence_penalty, frequency_penalty, penalty_decay });

// Those that RWKV's own demonstrations use; `model` sends nothing.
/** @type {Record<string, Sampling|null>} */
const presets = {
    model: null,
    chat: sampling(1, 0.3, 0.5, 0.5),
    questions: sampling(1, 0.2, 0.4, 0.4),
    code: sampling(1, 0.5, 0, 0, 0.997, 100),
    creative: sampling(1.2, 0.5, 0.3, 0.3),
    precise: sampling(0, 1, 0, 0),
};

// Name, lowest, highest, step.
/** @type {[keyof Sampling, number, number, number][]} */
const knobs = [
    ['temperature', 0, 3, 0.05], ['top_p', 0, 1, 0.05], ['top_k', 0, 500, 1],
    ['presence_penalty', 0, 2, 0.05], ['frequency_penalty', 0, 2, 0.05], ['penalty_decay', 0.9, 1, 0.001],
];

const kept_as = 'rwkvk.settings';

/** @type {Settings} */
const untouched = { scheme: '', language: '', kept: '', preset: 'model', sampling: sampling(1, 0.3, 0.5, 0.5), seed: '', max_tokens: '', thinking: '' };

/** @returns {Settings} */
function read() {
    try {
        return { ...untouched, ...JSON.parse(localStorage.getItem(kept_as) ?? '{}') };
    } catch {
        return { ...untouched };
    }
}

export const settings = read();

export function apply_settings() {
    document.documentElement.dataset.scheme = settings.scheme;
    use_language(settings.language);
    document.documentElement.lang = language();
}

// The fields of a request that it sets.
/** @returns {Record<string, unknown>} */
export function request_fields() {
    const chosen = settings.preset === 'custom' ? settings.sampling : presets[settings.preset];
    return {
        ...chosen,
        ...(settings.seed ? { seed: Number(settings.seed) } : {}),
        ...(settings.max_tokens ? { max_tokens: Number(settings.max_tokens) } : {}),
        ...(settings.thinking ? { reasoning_effort: settings.thinking } : {}),
    };
}

/** @param {string} label @param {HTMLElement} control @param {string} [hint] */
function field(label, control, hint = '') {
    return el('label', { class: 'field' }, el('span', { class: 'field-name' }, label), control, hint && el('small', {}, hint));
}

/** @param {string} name @param {[string, string][]} choices value and words @param {string} value @param {(value: string) => void} take */
function choice(name, choices, value, take) {
    const select = el('select', { name, onchange: () => take(select.value) }, ...choices.map(([of, words]) => el('option', { value: of }, words)));
    select.value = value;
    return select;
}

/**
 * @param {HTMLElement} parent
 * @param {{system: string, params: Record<string, number>, keeps: boolean, facts: [string, string][]}} now the conversation's system text, the server's sampling,
 *   whether it keeps conversations, facts about it
 * @param {{system(text: string): void, changed(): void}} tell
 */
export function fill_panel(parent, now, tell) {
    const keep = (/** @type {Partial<Settings>} */ change) => {
        Object.assign(settings, change);
        localStorage.setItem(kept_as, JSON.stringify(settings));
    };
    const again = (/** @type {Partial<Settings>} */ change, /** @type {string} */ name) => {
        keep(change);
        apply_settings();
        tell.changed();
        fill_panel(parent, now, tell);
        /** @type {HTMLElement|null} */ (parent.querySelector(`[name=${name}]`))?.focus();
    };
    parent.replaceChildren(
        group(t('conversation'), system_field(now, tell)),
        group(t('sampling'), ...sampling_fields(now.params, keep, again)),
        group(t('page'),
            field(t('scheme'), choice('scheme', [['', t('of_system')], ['light', t('light')], ['dark', t('dark')]], settings.scheme, scheme => again({ scheme }, 'scheme'))),
            field(t('language'), choice('language', [['', t('of_browser')], ...languages], settings.language, chosen => again({ language: chosen }, 'language'))),
            now.keeps && field(t('kept'), choice('kept', [['', t('by_server')], ['browser', t('by_browser')]], settings.kept, kept => again({ kept }, 'kept')))),
        group(t('server'), el('dl', {}, ...now.facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]))));
}

/** @param {string} title @param {...(HTMLElement|false)} fields */
const group = (title, ...fields) => el('section', {}, el('h3', {}, title), ...fields);

/** @param {{system: string}} now @param {{system(text: string): void}} tell */
function system_field(now, tell) {
    const take = () => {
        now.system = area.value;
        tell.system(area.value);
    };
    const area = el('textarea', { name: 'system', rows: 3, placeholder: t('system_example'), oninput: take });
    area.value = now.system;
    return field(t('system'), area);
}

/**
 * @param {Record<string, number>} params what the server does by itself
 * @param {(change: Partial<Settings>) => void} keep
 * @param {(change: Partial<Settings>, name: string) => void} again
 */
function sampling_fields(params, keep, again) {
    const named = /** @type {[string, string][]} */ ([...Object.keys(presets), 'custom'].map(name => [name, t(`preset_${name}`)]));
    const shown = settings.preset === 'custom' ? settings.sampling : presets[settings.preset] ?? { ...settings.sampling, ...params };
    const preset = choice('preset', named, settings.preset, name => again({ preset: name, sampling: pick(shown) }, 'preset'));
    const number = (/** @type {'seed'|'max_tokens'} */ name) => {
        const input = el('input', { name, type: 'number', min: name === 'seed' ? 0 : 1, step: 1, placeholder: t(`${name}_none`),
            oninput: () => input.checkValidity() && keep({ [name]: input.value }) });
        input.value = settings[name];
        return field(t(name), input);
    };
    const efforts = /** @type {[string, string][]} */ ([['', 'of_server'], ['none', 'none'], ['low', 'low'], ['medium', 'medium'], ['high', 'high']].map(([value, word]) => [value, t(word)]));
    return [
        field(t('preset'), preset),
        el('div', { class: 'knobs' }, ...knobs.map(of => knob(of, shown, value => {
            keep({ preset: 'custom', sampling: { ...pick(shown), [of[0]]: value } });
            preset.value = 'custom';
            Object.assign(shown, { [of[0]]: value });
        }))),
        field(t('thinking'), choice('thinking', efforts, settings.thinking, thinking => keep({ thinking })), t('thinking_hint')),
        el('div', { class: 'pair' }, number('seed'), number('max_tokens')),
    ];
}

/** @param {Record<string, number>} values @returns {Sampling} without what else a server names */
const pick = values => /** @type {Sampling} */ (Object.fromEntries(knobs.map(([name]) => [name, values[name]])));

/** @param {[keyof Sampling, number, number, number]} of @param {Record<string, number>} shown @param {(value: number) => void} take */
function knob([name, min, max, step], shown, take) {
    const words = () => String(Number(Number(range.value).toFixed(3)));
    const value = el('output');
    const range = el('input', { name, type: 'range', min, max, step, oninput: () => {
        value.textContent = words();
        take(Number(range.value));
    } });
    range.value = String(shown[name]);
    value.textContent = words();
    return el('label', { class: 'knob' }, el('span', {}, t(name)), value, range);
}
