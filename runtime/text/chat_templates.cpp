// The templates that there are. Where they come from: "g1", "world", "raven": BlinkDL's
// RWKV7-G1x-templates.txt and chat demos; "bot", "tools" and their sampling: rwkv-rs/transformers-rwkv,
// temp/rwkv_chat_template.jinja and rwkv_pth2st.py.

#include <algorithm>

#include "host/error.h"
#include "runtime/text/chat_template.h"

namespace rwkvk::text {
namespace {

using enum ChatWords::Tidying;
using enum ChatWords::Reasoning;
using Sampling = ChatWords::Sampling;

SamplerParams sampling(float temperature, float top_p, uint32_t top_k, float presence, float frequency,
                       float decay) {
    return {.temperature = temperature,
            .top_p = top_p,
            .top_k = top_k,
            .penalties = {.presence = presence, .frequency = frequency, .decay = decay}};
}

Sampling always(const SamplerParams& params) { return {params, params, params}; }

std::vector<ChatTemplate> make_templates() {
    const SamplerParams chat = sampling(1.0f, 0.3f, 0, 0.5f, 0.5f, 0.996f);
    const SamplerParams g1_reasoning = sampling(1.0f, 0.5f, 100, 0.0f, 0.0f, 0.997f);
    const SamplerParams open_think = sampling(0.96f, 0.76f, 32, 1.0f, 0.1f, 0.988f);
    const SamplerParams fast_think = sampling(1.0f, 0.28f, 32, 0.0f, 0.0f, 0.996f);
    const SamplerParams calls = sampling(0.96f, 0.76f, 32, 0.0f, 0.0f, 0.996f);
    const SamplerParams package_default = sampling(1.0f, 0.85f, 0, 0.2f, 0.2f, 0.996f);

    const ChatWords world = {.name = "world",
                             .system = {"System: ", "\n\n"},
                             .user = {"User: ", "\n\n"},
                             .answer = {"Assistant: ", "\n\n"},
                             .stops = {"\n\nUser:", "\n\nSystem:", "\n\nAssistant:"},
                             .sampling = always(chat)};
    ChatWords g1 = world;
    g1.name = "g1";
    g1.tool_result = {"User: Function output:\n", "\n\n"};
    g1.tool_form = ToolForm::list;  // as most users of these models tell of tools
    g1.stops.emplace_back("\nUser:");
    g1.reasoning = graded;
    // BlinkDL's file lists "<think></think" beside it, which the newer families have; g1 was tried with this.
    g1.no_reasoning = "<think>\n</think";
    g1.sampling = {chat, g1_reasoning, calls};
    const ChatWords bot = {.name = "bot",
                           .system = {"System✿", "✿\n"},
                           .user = {"User✿", "✿\n"},
                           .answer = {"Bot✿", "✿\n"},
                           .with_tools = "tools",
                           .stops = {"✿"},
                           .parting = "✿",
                           .tidying = messages,
                           .reasoning = on_or_off,
                           .no_reasoning = "<think></think",
                           .sampling = {fast_think, open_think, calls}};
    const ChatWords tools = {.name = "tools",
                             .system = {"### System\n", "\n"},
                             .user = {"### User\n", "\n"},
                             .answer = {"### Assistant\n", "\n"},
                             .tool_result = {"### Tool Output\n", "\n"},
                             .results_fenced = true,
                             .stops = {"\n### User", "\n### Tool Output"},
                             .tidying = messages,
                             .reasoning = on_or_off,
                             .no_reasoning = "<think></think",
                             .sampling = always(calls)};
    const ChatWords chatml = {.name = "chatml",
                              .system = {"<|im_start|>system\n", "<|im_end|>\n"},
                              .user = {"<|im_start|>user\n", "<|im_end|>\n"},
                              .answer = {"<|im_start|>assistant\n", "<|im_end|>\n"},
                              .stops = {"<|im_end|>", "<|endoftext|>"},
                              .tidying = ends,
                              .sampling = always(package_default)};
    const ChatWords raven = {.name = "raven",
                             .system = {"", "\n\n"},
                             .user = {"Bob: ", "\n\n"},
                             .answer = {"Alice: ", "\n\n"},
                             .default_system =
                                 "The following is a detailed conversation between Bob and Alice. Alice is "
                                 "helpful and well informed, and answers all of Bob's questions.",
                             .stops = {"\n\nBob:", "\n\nAlice:"},
                             .sampling = always(sampling(1.2f, 0.5f, 0, 0.4f, 0.4f, 0.996f))};
    const ChatWords plain = {.name = "plain", .tidying = nothing, .sampling = always(package_default)};
    std::vector<ChatTemplate> all;
    for (const ChatWords& words : {world, g1, bot, tools, chatml, raven, plain}) all.emplace_back(words);
    return all;
}

}  // namespace

std::span<const ChatTemplate> all_chat_templates() {
    static const std::vector<ChatTemplate> templates = make_templates();
    return templates;
}

const ChatTemplate& chat_template(std::string_view name) {
    const auto templates = all_chat_templates();
    if (name == "rwkv-world") name = "world";  // llama.cpp's
    const auto found = std::ranges::find(templates, name, &ChatTemplate::name);
    if (found != templates.end()) return *found;
    std::string names;
    for (const ChatTemplate& each : templates) names += concat(names.empty() ? "" : ", ", each.name());
    throw Error(Code::bad_argument,
                concat("chat template: expected one of ", names, ", found ", quote(name)));
}

}  // namespace rwkvk::text
