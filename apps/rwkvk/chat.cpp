#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "chat_commands.h"
#include "chat_input.h"
#include "chat_view.h"
#include "command.h"
#include "sampling_flags.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    SamplingFlags sampling;
    std::string system, format, thinking = "none";
    uint32_t tokens = 2048;
    bool fold = false, own_sampling = false;
};

/// Ctrl-C stops the answer; a second one, before anything else is typed, leaves with 130.
class Interrupts {
  public:
    explicit Interrupts(Context& context) {
        context_ = context.handle();
        count_ = 0;
        has_terminal_ = tcgetattr(STDIN_FILENO, &terminal_) == 0;
        struct sigaction action {};
        action.sa_handler = handle;
        action.sa_flags = SA_RESTART;  // a full terminal must not look like a closed one
        sigaction(SIGINT, &action, &previous_);
    }
    ~Interrupts() { sigaction(SIGINT, &previous_, nullptr); }
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    void forget() { count_ = 0; }

  private:
    static void handle(int) {
        count_ = count_ + 1;
        if (count_ > 1) {
            if (has_terminal_) tcsetattr(STDIN_FILENO, TCSANOW, &terminal_);  // as it was before line editing
            constexpr char line_end = '\n';
            [[maybe_unused]] const auto ignored = write(STDERR_FILENO, &line_end, 1);
            _exit(130);
        }
        rwkvk_context_interrupt(context_);
    }

    inline static rwkvk_context* context_ = nullptr;
    inline static volatile sig_atomic_t count_ = 0;
    inline static volatile sig_atomic_t has_terminal_ = 0;
    inline static termios terminal_{};
    struct sigaction previous_ {};
};

int32_t thinking_of(const std::string& name) {
    constexpr const char* names[] = {"none", "fast", "on", "little", "lot"};
    for (int32_t i = 0; i < 5; ++i) {
        if (name == names[i]) return i;
    }
    throw usage_error(concat("--think: expected none, fast, on, little or lot, found '", name, "'"));
}

rwkvk_chat_params to_params(const Flags& flags, const std::vector<const char*>& stops) {
    rwkvk_chat_params params = chat_params();
    params.template_name = flags.format.empty() ? nullptr : flags.format.c_str();
    params.system = flags.system.c_str();
    params.thinking = thinking_of(flags.thinking);
    params.max_tokens = flags.tokens;
    params.own_sampling = flags.own_sampling;
    params.stops = stops.data();
    params.stop_count = stops.size();
    params.sampler = flags.sampling.with_seed(flags.common.seed);
    return params;
}

enum class Turn { say, regenerate };

void answer(ChatSession& session, Turn turn, const std::string& message) {
    session.view.begin();
    const TextSink sink = [&](int32_t part, std::string_view text) {
        session.view.show(part, text);
        return true;
    };
    const rwkvk_chat_reply reply =
        turn == Turn::say ? session.chat.say(message, sink) : session.chat.regenerate(sink);
    session.view.end(reply, session.chat.info(), session.state_bytes);
}

/// A failure costs the turn, not the conversation, unless nobody is there to go on.
bool take_turn(ChatSession& session, const std::string& message) {
    try {
        if (message.starts_with('/')) {
            const After after = run_command(session, message);
            if (after == After::answer) answer(session, Turn::regenerate, "");
            return after != After::leave;
        }
        if (message.find_first_not_of(" \t\n") != message.npos) answer(session, Turn::say, message);
    } catch (const Error& error) {
        if (!std::cout) throw;
        session.view.note(error.status() == RWKVK_CANCELLED ? "stopped; nothing was said"
                                                            : concat("rwkvk: ", error.what()));
    }
    return true;
}

void chat_with_person(ChatSession& session, Context& context) {
    Interrupts interrupts(context);
    ChatInput input(/*interactive*/ true);
    session.view.note(concat(context.device(), ", template ", session.chat.info().template_name,
                             "; /help lists the commands"));
    while (const std::optional<std::string> message = input.read()) {
        if (!message->empty()) interrupts.forget();
        if (!take_turn(session, *message)) return;
    }
    std::cout << '\n';
}

/// Each line is a turn; only the answers go to stdout, a blank line between them.
void chat_with_pipe(ChatSession& session) {
    ChatInput input(/*interactive*/ false);
    bool first = true;
    for (uint64_t line = 1; const std::optional<std::string> message = input.read(); ++line) {
        if (message->find_first_not_of(" \t\r") == message->npos) continue;
        if (!first) std::cout << '\n';
        first = false;
        try {
            answer(session, Turn::say, *message);
        } catch (const Error& error) {
            if (error.status() != RWKVK_BAD_TEXT) throw;
            throw Error(error.status(), concat("stdin, line ", line, ": ", error.what()));
        }
    }
}

void run(const Flags& flags) {
    const bool interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const Tokenizer tokenizer = open_tokenizer(model, flags.common);
    Context context = open_context(model, flags.common, {.slots = 2});
    Chat chat(context, tokenizer, to_params(flags, c_strings(flags.sampling.stops)));
    for (const auto& bias : flags.sampling.parsed_biases()) chat.bias(bias.token, bias.value);
    ChatView view(interactive);
    view.fold(flags.fold);
    ChatSession session{chat, view, model.info().state_elements * sizeof(float), context};
    if (interactive) {
        chat_with_person(session, context);
    } else {
        chat_with_pipe(session);
    }
    check_validation(runtime);
}

}  // namespace

void add_chat(CLI::App& app) {
    CLI::App* command = app.add_subcommand("chat", "Talk with a model; each line of piped input is a turn");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_initial_state(*command, flags->common);
    command->add_option("--sys,--system-prompt", flags->system, "What the conversation begins with");
    command->add_option("--template", flags->format, "world, g1, raven or plain; else what fits the model");
    command->add_option("--think", flags->thinking, "none, fast, on, little or lot, for models that can")
        ->check(CLI::IsMember({"none", "fast", "on", "little", "lot"}));
    command->add_flag("--fold-thinking", flags->fold, "Show that the model reasons, not what");
    command->add_option("-n,--predict", flags->tokens, "Tokens of an answer, at most");
    add_sampling(*command, flags->sampling);
    command->callback([flags, command] {
        flags->own_sampling = flags->sampling.given(*command);
        run(*flags);
    });
}

}  // namespace rwkvk::app
