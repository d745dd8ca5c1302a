#include "runtime/session/chat.h"

#include "runtime/api/chat_format.h"
#include "runtime/api/grammar.h"
#include "runtime/api/handles.h"
#include "runtime/api/sampling.h"

using namespace rwkvk;
using namespace rwkvk::api;

struct rwkvk_chat {
    RuntimePointer runtime;
    std::shared_ptr<OpenContext> open;
    TokenizerPointer tokenizer;
    std::shared_ptr<ReceiptRecorder> recorder;
    Chat chat;
};

static_assert(static_cast<int32_t>(ReplyEnd::stop) == RWKVK_END_STOP &&
              static_cast<int32_t>(ReplyEnd::interrupted) == RWKVK_END_INTERRUPTED);

namespace {

ReceiptRecorder* recorder_of(const rwkvk_receipt* receipt, const Context& context) {
    if (!receipt) return nullptr;
    if (receipt->recorder && &receipt->recorder->context() == &context) return receipt->recorder.get();
    throw Error(Code::bad_argument, "the chat's receipt is not one that was created with its context");
}

ChatOptions to_options(const rwkvk_chat_params& params, const Context& context) {
    const Model& model = context.model();
    const text::Thinking thinking = to_thinking(params.thinking);
    text::ChatTemplate format = chat_format(params.template_name, params.template_text, model);
    text::SamplerParams sampling = chat_sampling(format, thinking, model);
    sampling.seed = params.seed;
    return {.format = std::move(format),
            .system = text_or_empty(params.system),
            .thinking = thinking,
            .sampling = sampling,
            .stops = to_strings(params.stops, params.stop_count, "stops"),
            .max_tokens = params.max_tokens,
            .snapshot_bytes = params.snapshot_bytes,
            .recorder = recorder_of(params.receipt, context)};
}

ReplySink to_sink(rwkvk_text_fn sink, void* user) {
    return [sink, user](bool reasoning, std::string_view text) {
        return !sink ||
               sink(user, reasoning ? RWKVK_PART_REASONING : RWKVK_PART_ANSWER, text.data(), text.size());
    };
}

void hand_out(const Reply& reply, rwkvk_chat_reply* to) {
    if (!to) return;
    const rwkvk_chat_reply full{.size = sizeof full,
                                .end = static_cast<int32_t>(reply.end),
                                .prompt_tokens = reply.prompt_tokens,
                                .tokens = reply.tokens,
                                .prompt_seconds = reply.prompt_seconds,
                                .seconds = reply.seconds};
    api::hand_out(full, to);
}

/// The body of a call on a chat.
template <typename Handle, typename Body>
rwkvk_status with(Handle* chat, const Body& body) {
    if (!chat) return RWKVK_BAD_ARGUMENT;
    return guarded(*chat->runtime, [&] {
        chat->open->use();
        body(chat->chat);
    });
}

}  // namespace

const char* rwkvk_chat_template_name(uint32_t index) {
    const auto templates = text::all_chat_templates();
    return index < templates.size() ? templates[index].name().c_str() : nullptr;
}

void rwkvk_chat_params_default(rwkvk_chat_params* params, uint32_t size) {
    const ChatOptions defaults;
    rwkvk_chat_params full{.size = size,
                           .template_name = nullptr,
                           .system = nullptr,
                           .thinking = RWKVK_THINK_NONE,
                           .max_tokens = defaults.max_tokens,
                           .seed = defaults.sampling.seed,
                           .snapshot_bytes = defaults.snapshot_bytes,
                           .stops = nullptr,
                           .stop_count = 0,
                           .template_text = nullptr,
                           .receipt = nullptr};
    set_defaults(full, params, size);
}

rwkvk_status rwkvk_chat_create(rwkvk_context* context, const rwkvk_tokenizer* tokenizer,
                               const rwkvk_chat_params* params, rwkvk_chat** chat) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] {
        require(tokenizer, "tokenizer");
        require(chat, "chat");
        Context& on = context->open->use();
        const rwkvk_chat_params all = complete(params, rwkvk_chat_params_default);
        const ChatOptions options = to_options(all, on);
        *chat = new rwkvk_chat{context->runtime, context->open, tokenizer->tokenizer,
                               all.receipt ? all.receipt->recorder : nullptr,
                               Chat(on, *tokenizer->tokenizer, options)};
    });
}

void rwkvk_chat_destroy(rwkvk_chat* chat) { delete chat; }

rwkvk_status rwkvk_chat_say(rwkvk_chat* chat, const char* text, rwkvk_text_fn sink, void* user,
                            rwkvk_chat_reply* reply) {
    return with(chat, [&](Chat& on) {
        require(text, "text");
        if (reply) require_room(reply);  // before anything is said
        hand_out(on.say(text, to_sink(sink, user)), reply);
    });
}

rwkvk_status rwkvk_chat_regenerate(rwkvk_chat* chat, rwkvk_text_fn sink, void* user,
                                   rwkvk_chat_reply* reply) {
    return with(chat, [&](Chat& on) {
        if (reply) require_room(reply);
        hand_out(on.regenerate(to_sink(sink, user)), reply);
    });
}

rwkvk_status rwkvk_chat_sampling_get(const rwkvk_chat* chat, rwkvk_sampler_params* params) {
    return with(chat, [&](const Chat& on) { api::hand_out(from_params(on.sampler().params()), params); });
}

rwkvk_status rwkvk_chat_sampling_set(rwkvk_chat* chat, const rwkvk_sampler_params* params) {
    return with(chat, [&](Chat& on) {
        require(params, "params");
        on.sampler().set_params(to_params(complete(params, rwkvk_sampler_params_default)));
    });
}

rwkvk_status rwkvk_chat_bias(rwkvk_chat* chat, rwkvk_token token, float bias) {
    return with(chat, [&](Chat& on) { set_bias(on.sampler(), token, bias); });
}

rwkvk_status rwkvk_chat_grammar(rwkvk_chat* chat, const rwkvk_grammar* grammar) {
    return with(chat, [&](Chat& on) {
        if (grammar && chat->recorder) {
            throw Error(
                Code::bad_argument,
                "the chat has a receipt, which holds no grammars: leave out the grammar or the receipt");
        }
        constrain(on.sampler(), grammar);
    });
}

rwkvk_status rwkvk_chat_undo(rwkvk_chat* chat) {
    return with(chat, [&](Chat& on) { on.undo(); });
}

rwkvk_status rwkvk_chat_reset(rwkvk_chat* chat, const char* system) {
    return with(chat, [&](Chat& on) { system ? on.reset(system) : on.reset(); });
}

rwkvk_status rwkvk_chat_fork(rwkvk_chat* chat, uint32_t* branch) {
    return with(chat, [&](Chat& on) {
        const uint32_t number = on.fork();
        if (branch) *branch = number;
    });
}

rwkvk_status rwkvk_chat_select(rwkvk_chat* chat, uint32_t branch) {
    return with(chat, [&](Chat& on) { on.select(branch); });
}

rwkvk_status rwkvk_chat_info_get(const rwkvk_chat* chat, rwkvk_chat_info* info) {
    return with(chat, [&](const Chat& on) {
        rwkvk_chat_info full{};
        full.size = sizeof full;
        full.branch = on.branch();
        full.branches = on.branches();
        full.turns = static_cast<uint32_t>(on.turns());
        full.position = on.position();
        full.snapshot_bytes = on.snapshot_bytes();
        copy_text(on.format().name(), full.template_name);
        api::hand_out(full, info);
    });
}

rwkvk_status rwkvk_chat_save(rwkvk_chat* chat, const char* path) {
    return with(chat, [&](Chat& on) {
        require_output(path);
        on.save(path);
    });
}

rwkvk_status rwkvk_chat_load(rwkvk_chat* chat, const char* path) {
    return with(chat, [&](Chat& on) {
        require(path, "path");
        on.load(path);
    });
}

rwkvk_status rwkvk_chat_tokens(const rwkvk_chat* chat, rwkvk_token* tokens, size_t capacity, size_t* count) {
    return with(chat, [&](const Chat& on) {
        if (capacity > 0) require(tokens, "tokens");
        copy_list(std::span(on.tokens()), tokens, capacity, count);
    });
}
