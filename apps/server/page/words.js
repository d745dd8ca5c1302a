// What the page says, in the languages it speaks. `{}` stands for a figure or a name.

/** @type {Record<string, [string, string]>} English, 中文 */
const words = {
    new_conversation: ['New conversation', '新对话'], conversations: ['Conversations', '对话'], search: ['Search conversations', '搜索对话'],
    no_conversations_served: ['What you ask is kept here, by the server.', '你的对话会保存在服务器上。'],
    nothing_found: ['Nothing found', '没有找到'], no_conversations: ['What you ask is kept here, in this browser.', '你的对话会保存在此浏览器中。'],
    untitled: ['Untitled', '无标题'], rename: ['Rename', '重命名'], remove: ['Delete', '删除'], export: ['Export as text', '导出为文本'],
    save_state: ['Save its state', '保存状态文件'],
    removed: ['Deleted: {}', '已删除：{}'], take_back: ['Undo', '撤销'], menu: ['Conversations', '对话列表'], settings: ['Settings', '设置'],
    close: ['Close', '关闭'], skip: ['Skip to the message field', '跳到输入框'],
    ask: ['Ask something …', '想问点什么……'], send: ['Send', '发送'], stop: ['Stop', '停止'], copy: ['Copy', '复制'], edit: ['Edit', '编辑'],
    regenerate: ['Answer again', '重新回答'], undo: ['Take the last question back', '撤回上一个问题'], redo: ['Bring it back', '恢复'],
    previous: ['Previous version', '上一个版本'], next: ['Next version', '下一个版本'],
    send_edited: ['Send', '发送'], cancel: ['Cancel', '取消'], latest: ['To the latest', '回到底部'], you: ['You', '你'],
    welcome: ['What would you like to ask?', '想问点什么？'],
    demo: ['This is the small model in the program. It speaks English, and knows small talk, sums, words, simple facts and very short stories. `rwkvk serve -m FILE` serves a larger one.', '这是程序自带的小模型，只会英语：寒暄、加减法、单词、简单常识和很短的故事。用 `rwkvk serve -m FILE` 可以换用更大的模型。'],
    reading: ['Reading the prompt', '正在阅读'], thinking_now: ['Thinking, {} s', '思考中，{} 秒'], thought: ['Thought for {} s', '思考了 {} 秒'], thoughts: ['Thoughts', '思考过程'],
    answering: ['The answer is being written', '正在回答'], stopped: ['Stopped', '已停止'],
    cut: ['The limit of tokens was reached', '已达到 token 上限'], failed: ['No answer: {}', '没有得到回答：{}'],
    tokens: ['{} tokens', '{} 个 token'], rate: ['{} tokens/s', '{} token/秒'], fact_prompt: ['Prompt', '提示'],
    fact_prompt_value: ['{} tokens, {} of them read before', '{} 个 token，其中 {} 个来自缓存'], fact_answer: ['Answer', '回答'],
    fact_answer_value: ['{} tokens in {} s', '{} 个 token，{} 秒'], fact_seed: ['Seed', '种子'], fact_fingerprint: ['Fingerprint', '指纹'],
    fact_numerics: ['Model and numerics', '模型与数值版本'],
    loading: ['The model is being loaded. You can write already.', '模型正在加载，可以先写下问题。'],
    draining: ['The server is being stopped and takes no new questions.', '服务器正在停止，不再接受新问题。'],
    lost: ['No connection to the server. Trying again …', '与服务器的连接已断开，正在重试……'],
    queue_full: ['Too many requests are waiting at the server; try again soon.', '服务器排队已满，请稍后再试。'],
    not_kept: ['This browser keeps nothing here: conversations are gone when the page is closed.', '此浏览器无法保存数据：关闭页面后对话会丢失。'],
    unkept: ['The server could not keep this answer; it is sent again with the next question.', '服务器未能保存此回答，下次提问时会重新发送。'],
    key_wanted: ['This server wants an API key.', '此服务器需要 API 密钥。'], key_refused: ['That was not a key of this server.', '密钥不正确。'],
    key: ['API key', 'API 密钥'],
    remember: ['Remember it in this browser', '在此浏览器中记住'], use_key: ['Use it', '使用'],
    conversation: ['This conversation', '本次对话'], system: ['System text', '系统提示'],
    system_example: ['For example: Answer briefly.', '例如：请简短回答。'], sampling: ['Sampling', '采样'], preset: ['Preset', '预设'],
    preset_model: ['As the model recommends', '模型推荐'], preset_chat: ['Chat', '聊天'], preset_questions: ['Questions', '问答'],
    preset_code: ['Thinking and code', '思考与代码'],
    preset_creative: ['Creative', '创意'], preset_precise: ['Most probable words', '最可能的词'], preset_custom: ['Own values', '自定义'],
    temperature: ['Temperature', '温度'], top_p: ['Top-p', 'Top-p'], top_k: ['Top-k', 'Top-k'], presence_penalty: ['Presence penalty', '存在惩罚'],
    frequency_penalty: ['Frequency penalty', '频率惩罚'], penalty_decay: ['Penalty decay', '惩罚衰减'],
    thinking: ['Thinking', '思考'], thinking_hint: ['For models that reason before they answer.', '适用于先思考再回答的模型。'],
    of_server: ['As the server is set', '按服务器设置'], none: ['None', '不思考'], low: ['A little', '少量'], medium: ['Normal', '正常'],
    high: ['A lot', '深入'], seed: ['Seed', '种子'], seed_none: ['random', '随机'], max_tokens: ['Most tokens', '最多 token'],
    max_tokens_none: ['server limit', '服务器上限'],
    kept: ['New conversations are kept', '新对话保存在'], by_server: ['by the server', '服务器'], by_browser: ['in this browser', '此浏览器'],
    page: ['Page', '页面'], scheme: ['Colours', '配色'], of_system: ['As the system', '跟随系统'], light: ['Light', '浅色'], dark: ['Dark', '深色'],
    language: ['Language', '语言'], of_browser: ['As the browser', '跟随浏览器'], server: ['Server', '服务器'], model: ['Model', '模型'],
    device: ['Device', '设备'], version: ['Version', '版本'], address: ['Address for programs', '程序使用的地址'],
    unknown: ['not known yet', '尚不清楚'],
};

/** @type {[string, string][]} code and own name */
export const languages = [['en', 'English'], ['zh', '中文']];

let chosen = 0;  // of those

/** @param {string} code '' for the browser's */
export function use_language(code) {
    const wanted = code || navigator.language.split('-')[0];
    chosen = Math.max(0, languages.findIndex(([of]) => of === wanted));
}

/** For the attribute `lang`. */
export const language = () => languages[chosen][0] === 'zh' ? 'zh-CN' : 'en';

/** @param {string} name @param {...(string|number)} values */
export function t(name, ...values) {
    if (!words[name]) throw new Error(`words.js: expected '${name}', found nothing of that name`);
    const text = words[name][chosen];
    return values.reduce((/** @type {string} */ all, value) => all.replace('{}', () => String(value)), text);
}

// A figure as this language writes it.
/** @param {number} value */
export const figure = value => value.toLocaleString(language(), { maximumFractionDigits: value < 1 ? 2 : value < 100 ? 1 : 0 });
