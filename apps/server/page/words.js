// What the page says, in every language it speaks. `{}` stands for a figure or a name.

/** @type {Record<string, Record<string, string>>} */
const words = {
    en: {
        new_conversation: 'New conversation', conversations: 'Conversations', search: 'Search conversations', nothing_found: 'Nothing found', no_conversations: 'What you ask is kept here, in this browser.',
        untitled: 'Untitled', rename: 'Rename', remove: 'Delete', export: 'Export as text', removed: 'Deleted: {}', take_back: 'Undo', menu: 'Conversations', settings: 'Settings', close: 'Close', skip: 'Skip to the message field',
        ask: 'Ask something …', send: 'Send', stop: 'Stop', copy: 'Copy', edit: 'Edit', regenerate: 'Answer again', undo: 'Take the last question back', redo: 'Bring it back', previous: 'Previous version', next: 'Next version',
        send_edited: 'Send', cancel: 'Cancel', latest: 'To the latest', you: 'You', welcome: 'What would you like to ask?',
        demo: 'This is the small model in the program. It speaks English, and knows small talk, sums, words, simple facts and very short stories. `rwkvk serve -m FILE` serves a larger one.',
        reading: 'Reading the prompt', thinking_now: 'Thinking, {} s', thought: 'Thought for {} s', answering: 'The answer is being written', stopped: 'Stopped', cut: 'The limit of tokens was reached', failed: 'No answer: {}',
        tokens: '{} tokens', rate: '{} tokens/s', fact_prompt: 'Prompt', fact_prompt_value: '{} tokens, {} of them read before', fact_answer: 'Answer', fact_answer_value: '{} tokens in {} s', fact_seed: 'Seed', fact_fingerprint: 'Fingerprint', fact_numerics: 'Model and numerics',
        loading: 'The model is being loaded. You can write already.', draining: 'The server is being stopped and takes no new questions.', lost: 'No connection to the server. Trying again …', queue_full: 'Too many requests are waiting at the server; try again soon.',
        not_kept: 'This browser keeps nothing here: conversations are gone when the page is closed.', key_wanted: 'This server wants an API key.', key: 'API key', remember: 'Remember it in this browser', use_key: 'Use it',
        conversation: 'This conversation', system: 'System text', system_example: 'For example: Answer briefly.', sampling: 'Sampling', preset: 'Preset', preset_model: 'As the model recommends', preset_chat: 'Chat', preset_questions: 'Questions', preset_code: 'Thinking and code',
        preset_creative: 'Creative', preset_precise: 'Most probable words', preset_custom: 'Own values', temperature: 'Temperature', top_p: 'Top-p', top_k: 'Top-k', presence_penalty: 'Presence penalty', frequency_penalty: 'Frequency penalty', penalty_decay: 'Penalty decay',
        thinking: 'Thinking', thinking_hint: 'For models that reason before they answer.', of_server: 'As the server is set', none: 'None', low: 'A little', medium: 'Normal', high: 'A lot', seed: 'Seed', seed_none: 'random', max_tokens: 'Most tokens', max_tokens_none: 'no limit',
        page: 'Page', scheme: 'Colours', of_system: 'As the system', light: 'Light', dark: 'Dark', language: 'Language', of_browser: 'As the browser', server: 'Server', model: 'Model', device: 'Device', version: 'Version', address: 'Address for programs', unknown: 'not known yet',
    },
    zh: {
        new_conversation: '新对话', conversations: '对话', search: '搜索对话', nothing_found: '没有找到', no_conversations: '你的对话会保存在此浏览器中。',
        untitled: '无标题', rename: '重命名', remove: '删除', export: '导出为文本', removed: '已删除：{}', take_back: '撤销', menu: '对话列表', settings: '设置', close: '关闭', skip: '跳到输入框',
        ask: '想问点什么……', send: '发送', stop: '停止', copy: '复制', edit: '编辑', regenerate: '重新回答', undo: '撤回上一个问题', redo: '恢复', previous: '上一个版本', next: '下一个版本',
        send_edited: '发送', cancel: '取消', latest: '回到底部', you: '你', welcome: '想问点什么？',
        demo: '这是程序自带的小模型，只会英语：寒暄、加减法、单词、简单常识和很短的故事。用 `rwkvk serve -m FILE` 可以换用更大的模型。',
        reading: '正在阅读', thinking_now: '思考中，{} 秒', thought: '思考了 {} 秒', answering: '正在回答', stopped: '已停止', cut: '已达到 token 上限', failed: '没有得到回答：{}',
        tokens: '{} 个 token', rate: '{} token/秒', fact_prompt: '提示', fact_prompt_value: '{} 个 token，其中 {} 个来自缓存', fact_answer: '回答', fact_answer_value: '{} 个 token，{} 秒', fact_seed: '种子', fact_fingerprint: '指纹', fact_numerics: '模型与数值版本',
        loading: '模型正在加载，可以先写下问题。', draining: '服务器正在停止，不再接受新问题。', lost: '与服务器的连接已断开，正在重试……', queue_full: '服务器排队已满，请稍后再试。',
        not_kept: '此浏览器无法保存数据：关闭页面后对话会丢失。', key_wanted: '此服务器需要 API 密钥。', key: 'API 密钥', remember: '在此浏览器中记住', use_key: '使用',
        conversation: '本次对话', system: '系统提示', system_example: '例如：请简短回答。', sampling: '采样', preset: '预设', preset_model: '模型推荐', preset_chat: '聊天', preset_questions: '问答', preset_code: '思考与代码',
        preset_creative: '创意', preset_precise: '最可能的词', preset_custom: '自定义', temperature: '温度', top_p: 'Top-p', top_k: 'Top-k', presence_penalty: '存在惩罚', frequency_penalty: '频率惩罚', penalty_decay: '惩罚衰减',
        thinking: '思考', thinking_hint: '适用于先思考再回答的模型。', of_server: '按服务器设置', none: '不思考', low: '少量', medium: '正常', high: '深入', seed: '种子', seed_none: '随机', max_tokens: '最多 token', max_tokens_none: '不限',
        page: '页面', scheme: '配色', of_system: '跟随系统', light: '浅色', dark: '深色', language: '语言', of_browser: '跟随浏览器', server: '服务器', model: '模型', device: '设备', version: '版本', address: '程序使用的地址', unknown: '尚不清楚',
    },
};

/** @type {[string, string][]} code and own name */
export const languages = [['en', 'English'], ['zh', '中文']];

let chosen = 'en';

/** @param {string} code '' for the browser's */
export function use_language(code) {
    const wanted = code || navigator.language.split('-')[0];
    chosen = wanted in words ? wanted : 'en';
}

/** For the attribute `lang`. */
export const language = () => chosen === 'zh' ? 'zh-CN' : chosen;

/** @param {string} name @param {...(string|number)} values */
export function t(name, ...values) {
    const text = words[chosen][name];
    if (text === undefined) throw new Error(`words.js: nothing is called '${name}' in ${chosen}`);
    return values.reduce((/** @type {string} */ all, value) => all.replace('{}', () => String(value)), text);
}

// A figure as this language writes it.
/** @param {number} value */
export const figure = value => value.toLocaleString(language(), { maximumFractionDigits: value < 100 ? 1 : 0 });
