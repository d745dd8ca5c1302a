#include <unistd.h>

#include <iostream>

#include "chat_commands.h"
#include "chat_input.h"
#include "chat_template.h"
#include "chat_view.h"
#include "command.h"
#include "grammar_flags.h"
#include "interrupts.h"
#include "outputs.h"
#include "progress_bar.h"
#include "sampling_flags.h"
#include "text_input.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    SamplingFlags sampling;
    GrammarFlags grammar;
    std::string system, format, roles;
    int32_t thinking = RWKVK_THINK_NONE;
    uint32_t tokens = 2048;
    bool fold = false;
};

rwkvk_chat_params to_params(const Flags& flags, const ChosenTemplate& format, const std::string& system,
                            const std::vector<const char*>& stops, const Receipt* receipt) {
    rwkvk_chat_params params = chat_params();
    params.template_name = format.name.empty() ? nullptr : format.name.c_str();
    params.template_text = format.text.empty() ? nullptr : format.text.c_str();
    params.system = system.c_str();
    params.thinking = flags.thinking;
    params.max_tokens = flags.tokens;
    params.seed = flags.common.seed;
    params.stops = stops.data();
    params.stop_count = stops.size();
    params.receipt = receipt ? receipt->handle() : nullptr;
    return params;
}

enum class Turn { say, regenerate };

void answer(ChatSession& session, Turn turn, const std::string& message) {
    session.view.begin();
    const PromptBar bar(session.context);
    const TextSink sink = [&](int32_t part, std::string_view text) {
        session.view.show(part, text);
        return true;
    };
    const rwkvk_chat_reply reply =
        turn == Turn::say ? session.chat.say(message, sink) : session.chat.regenerate(sink);
    session.view.end(reply, session.chat.info(), session.state_bytes);
    if (session.receipt) session.receipt->save();
}

/// A chat takes no message of white space.
bool is_blank(const std::string& message) { return message.find_first_not_of(" \t\n\v\f\r") == message.npos; }

/// A failure costs the turn, not the conversation, unless nobody is there to go on.
bool take_turn(ChatSession& session, const std::string& message) {
    try {
        if (is_command(message)) {
            const After after = run_command(session, message);
            if (after == After::answer) answer(session, Turn::regenerate, "");
            return after != After::leave;
        }
        if (!is_blank(message)) answer(session, Turn::say, message);
    } catch (const Error& error) {
        if (!std::cout) throw;
        session.view.note(error.status() == RWKVK_CANCELLED ? "stopped; nothing was said"
                                                            : concat("rwkvk: ", error.what()));
    }
    return true;
}

void chat_with_person(ChatSession& session) {
    const Interrupts interrupts(session.context);
    ChatInput input(/*interactive*/ true);
    session.view.note(concat(session.context.device(), ", template ", session.chat.info().template_name,
                             ", seed ", session.seed, "; /help lists the commands"));
    while (const std::optional<std::string> message = input.read()) {
        if (!message->empty()) Interrupts::forget();
        if (!take_turn(session, *message)) return;
    }
    std::cout << '\n';
}

/// Each line is a turn; only the answers go to stdout, a blank line between them.
void chat_with_pipe(ChatSession& session) {
    ChatInput input(/*interactive*/ false);
    bool first = true;
    for (uint64_t line = 1; const std::optional<std::string> message = input.read(); ++line) {
        if (is_blank(*message)) continue;
        if (!first) std::cout << '\n';
        first = false;
        const Interrupts interrupts(session.context);  // not while a line is waited for
        try {
            answer(session, Turn::say, *message);
            Interrupts::check();
        } catch (const Error& error) {
            if (error.status() != RWKVK_BAD_TEXT) throw;
            throw Error(error.status(), concat("stdin, line ", line, ": ", error.what()));
        }
    }
}

void run(const Flags& flags) {
    const bool interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    const ChosenTemplate format = choose_template(flags.format, flags.roles);
    std::vector<NamedFile> inputs = inputs_of(flags.common);
    if (!format.text.empty() && flags.roles.empty()) inputs.push_back({"--template", format.name});
    check_receipt(flags.common, inputs);
    inputs.push_back({"--receipt", flags.common.receipt});
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const Tokenizer tokenizer = open_tokenizer(model, flags.common);
    Context context = open_context(model, flags.common, {});
    const std::string system = flags.sampling.escape ? unescaped(flags.system) : flags.system;
    const std::vector<std::string> stops = flags.sampling.stop_texts();
    std::optional<Receipt> receipt = open_receipt(context, flags.common);
    Receipt* const written = receipt ? &*receipt : nullptr;
    Chat chat(context, tokenizer, to_params(flags, format, system, c_strings(stops), written));
    chat.sampling(flags.sampling.over(chat.sampling()));
    for (const auto& bias : flags.sampling.parsed_biases(model.info().vocabulary, tokenizer.end_of_text()))
        chat.bias(bias.token, bias.value);
    if (const auto grammar = flags.grammar.open(tokenizer)) grammar->constrain(chat);
    ChatView view(interactive);
    view.fold(flags.fold);
    ChatSession session{
        chat, view, model.info().state_elements * sizeof(float), context, flags.common.seed, inputs, written};
    if (interactive) {
        chat_with_person(session);
    } else {
        if (flags.common.seed == flags.common.random_seed)
            view.note(concat("[seed ", flags.common.seed, "]"));
        chat_with_pipe(session);
    }
    check_validation(runtime);
}

}  // namespace

void add_chat(CLI::App& app) {
    CLI::App* command = app.add_subcommand("chat", "Talk with a model; each line of piped input is a turn");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    draw_seed(*command, flags->common);
    add_initial_state(*command, flags->common);
    add_receipt(*command, flags->common);
    command->add_option("--sys,--system-prompt", flags->system, "What the conversation begins with");
    CLI::Option* format = command->add_option(
        "--template", flags->format,
        concat(template_names(), ", or a file of one's own (docs/FORMATS.md); else what fits the model"));
    command
        ->add_option("--roles", flags->roles,
                     "USER,BOT: turns are \"USER: ...\" and \"BOT: ...\", a blank line between")
        ->excludes(format);
    add_thinking(*command, "--think", flags->thinking, "");
    command->add_flag("--fold-thinking", flags->fold, "Show that the model reasons, not what");
    add_token_limit(*command, flags->tokens, "Tokens of an answer, at most");
    add_sampling(*command, flags->sampling);
    add_grammar(*command, flags->grammar);
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
