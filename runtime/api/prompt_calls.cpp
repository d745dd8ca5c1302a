#include "runtime/api/chat_format.h"
#include "runtime/api/prompt.h"
#include "runtime/api/sampling.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

std::vector<text::ToolCall> to_calls(const rwkvk_message& message) {
    if (message.call_count > 0) require(message.calls, "a message's calls");
    std::vector<text::ToolCall> calls;
    for (size_t i = 0; i < message.call_count; ++i) {
        require(message.calls[i].name, "a call's name");
        calls.push_back({message.calls[i].name, text_or_empty(message.calls[i].arguments)});
    }
    return calls;
}

Message to_message(const rwkvk_message& message) {
    require(message.role, "a message's role");
    require(message.text, "a message's text");
    const std::string_view role = message.role;
    if (role == "system" || role == "developer") return {Role::system, message.text};
    if (role == "user") return {Role::user, message.text};
    if (role == "assistant") return {Role::assistant, message.text, to_calls(message)};
    if (role == "tool") return {Role::tool, message.text};
    throw Error(Code::bad_argument,
                concat("a message's role is ", quote(role), ", expected system, user, assistant or tool"));
}

const char* parameters_of(const rwkvk_tool& tool) { return tool.parameters ? tool.parameters : "{}"; }

text::Tool to_tool(const rwkvk_tool& tool) {
    require(tool.name, "a tool's name");
    return {tool.name, text_or_empty(tool.description), parameters_of(tool)};
}

grammar::Callable to_callable(const rwkvk_tool& tool) {
    return {tool.name, parameters_of(tool), tool.strict != 0};
}

/// That of templates for conversations with tools.
text::ChatTemplate format_with_tools(const text::ChatTemplate& format, int32_t form) {
    text::ChatWords words = text::chat_template_with_tools(format).words();
    switch (form) {
        case RWKVK_TOOLS_OF_TEMPLATE:
            break;
        case RWKVK_TOOLS_LIST:
            words.tool_form = text::ToolForm::list;
            break;
        case RWKVK_TOOLS_MARKDOWN:
            words.tool_form = text::ToolForm::markdown;
            break;
        default:
            throw Error(Code::bad_argument, concat("tool_form is ", form, ", expected one of RWKVK_TOOLS_*"));
    }
    return text::ChatTemplate(std::move(words));
}

bool uses_tools(const Message& message) { return message.role == Role::tool || !message.calls.empty(); }

}  // namespace

void rwkvk_prompt_params_default(rwkvk_prompt_params* params, uint32_t size) {
    set_defaults({.size = size,
                  .template_name = nullptr,
                  .template_text = nullptr,
                  .thinking = RWKVK_THINK_NONE,
                  .tools = nullptr,
                  .tool_count = 0,
                  .continues = 0,
                  .answered = 0,
                  .begun = 0,
                  .tool_form = RWKVK_TOOLS_OF_TEMPLATE},
                 params, size);
}

rwkvk_status rwkvk_prompt_create(const rwkvk_model* model, const rwkvk_tokenizer* tokenizer,
                                 const rwkvk_prompt_params* params, const rwkvk_message* messages,
                                 size_t count, rwkvk_prompt** prompt) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(tokenizer, "tokenizer");
        require(prompt, "prompt");
        if (count > 0) require(messages, "messages");
        const rwkvk_prompt_params all = complete(params, rwkvk_prompt_params_default);
        if (all.tool_count > 0) require(all.tools, "tools");
        const text::Thinking thinking = to_thinking(all.thinking);
        text::ChatTemplate format = chat_format(all.template_name, all.template_text, *model->model);
        std::vector<Message> own;
        std::transform(messages, messages + count, std::back_inserter(own), to_message);
        if (all.tool_count > 0 || std::ranges::any_of(own, uses_tools))
            format = format_with_tools(format, all.tool_form);
        std::vector<text::Tool> tools;
        std::vector<grammar::Callable> callables;
        std::transform(all.tools, all.tools + all.tool_count, std::back_inserter(tools), to_tool);
        std::transform(all.tools, all.tools + all.tool_count, std::back_inserter(callables), to_callable);
        const text::Tokenizer& words = *tokenizer->tokenizer;
        const ConversationOptions options{.thinking = thinking,
                                          .tools = tools,
                                          .continues = all.continues != 0,
                                          .answered = all.answered != 0,
                                          .begun = all.begun != 0};
        *prompt = new rwkvk_prompt{
            .runtime = model->runtime,
            .prompt = conversation_prompt(own, format, words, options),
            .ends = reply_ends(format, words),
            .start = options.begun ? text::ReplyStart::verbatim : format.reply_start(thinking),
            .sampling = chat_sampling(format, thinking, *model->model),
            .tools = std::move(callables),
            .tool_form = format.words().tool_form};
    });
}

void rwkvk_prompt_destroy(rwkvk_prompt* prompt) { delete prompt; }

const rwkvk_token* rwkvk_prompt_tokens(const rwkvk_prompt* prompt, size_t* count) {
    if (count) *count = prompt ? prompt->prompt.tokens.size() : 0;
    return prompt ? prompt->prompt.tokens.data() : nullptr;
}

const char* rwkvk_prompt_text(const rwkvk_prompt* prompt, size_t* bytes) {
    if (bytes) *bytes = prompt ? prompt->prompt.text.size() : 0;
    return prompt ? prompt->prompt.text.c_str() : "";
}

rwkvk_status rwkvk_prompt_sampling(const rwkvk_prompt* prompt, rwkvk_sampler_params* params) {
    if (!prompt) return RWKVK_BAD_ARGUMENT;
    return guarded(*prompt->runtime, [&] {
        require_room(params);
        rwkvk_sampler_params own = from_params(prompt->sampling);
        own.seed = complete(params, rwkvk_sampler_params_default).seed;
        hand_out(own, params);
    });
}
