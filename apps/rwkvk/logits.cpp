#include <iostream>

#include "command.h"
#include "fingerprint.h"
#include "interrupts.h"
#include "outputs.h"
#include "progress_bar.h"
#include "text_input.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    std::string tokens, tokens_file, prompt, state_in, state_out, out;
    bool all = false, escape = false;
    uint32_t chunk = 512;
};

std::vector<Token> tokens_of(const Flags& flags, const Model& model) {
    if (flags.tokens.empty() && flags.tokens_file.empty() && flags.prompt.empty())
        throw usage_error("give one of --tokens, --tokens-file and -p");
    std::vector<Token> tokens;
    if (!flags.tokens.empty()) {
        tokens = parse_ids(flags.tokens);
        const uint32_t vocabulary = model.info().vocabulary;
        for (const Token token : tokens) {
            if (token >= vocabulary)
                throw usage_error(concat("--tokens: expected ids below ", vocabulary, ", found ", token));
        }
    } else if (!flags.tokens_file.empty()) {
        tokens = parse_ids(read_text(flags.tokens_file));
    } else {
        const std::string text = flags.escape ? unescaped(flags.prompt) : flags.prompt;
        tokens = open_tokenizer(model, flags.common).encode(text);
    }
    if (tokens.empty()) throw usage_error("there are no tokens to feed");
    return tokens;
}

/// Writes rows of logits as they come.
class LogitsFile {
  public:
    LogitsFile(const Runtime& runtime, const std::string& path, uint64_t rows, uint64_t columns)
        : runtime_(runtime) {
        runtime_.check(rwkvk_npy_create(runtime.handle(), path.c_str(), rows, columns, &npy_));
    }
    ~LogitsFile() { rwkvk_npy_destroy(npy_); }
    LogitsFile(const LogitsFile&) = delete;
    LogitsFile& operator=(const LogitsFile&) = delete;

    void write(const float* row, size_t count) { runtime_.check(rwkvk_npy_write(npy_, row, count)); }
    void finish() { runtime_.check(rwkvk_npy_finish(npy_)); }

  private:
    const Runtime& runtime_;
    rwkvk_npy* npy_ = nullptr;
};

void check_files(const Flags& flags) {
    std::vector<NamedFile> inputs = inputs_of(flags.common);
    inputs.push_back({"--tokens-file", flags.tokens_file});
    inputs.push_back({"--state-in", flags.state_in});
    const NamedFile out{"-o", flags.out}, state{"--state-out", flags.state_out};
    refuse_input_as_output(out, inputs);
    refuse_input_as_output(state, inputs);
    refuse_same_file(state, out);
}

void run(const Flags& flags) {
    check_files(flags);
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const std::vector<Token> tokens = tokens_of(flags, model);
    Context context = open_context(model, flags.common, {.max_rows = std::min<uint32_t>(flags.chunk, 512)});
    uint64_t position = tokens.size();
    if (!flags.state_in.empty()) position += context.load(0, flags.state_in);
    const Interrupts interrupts(context);
    LogitsFile out(runtime, flags.out, flags.all ? tokens.size() : 1, model.info().vocabulary);
    Fingerprint print;
    const rwkvk_feed_item item{.slot = 0,
                               .want = flags.all ? RWKVK_WANT_ALL : RWKVK_WANT_LAST,
                               .tokens = tokens.data(),
                               .count = tokens.size(),
                               .vectors = nullptr};
    const PromptBar bar(context);
    context.feed(
        {item},
        [&](size_t, size_t, const float* logits, size_t count) {
            print.add(logits, count);
            out.write(logits, count);
            Interrupts::check();
        },
        flags.chunk);
    print.add(context.state(0));
    if (!flags.state_out.empty()) context.save(0, flags.state_out, position);
    out.finish();
    std::cout << "fingerprint " << print.hex() << '\n';
    check_validation(runtime);
}

}  // namespace

void add_logits(CLI::App& app) {
    CLI::App* command = app.add_subcommand("logits", "Feed tokens and write the logits as .npy");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    add_initial_state(*command, flags->common);
    CLI::Option* tokens = command->add_option("--tokens", flags->tokens, "Token ids: 1,2,3 or [1, 2, 3]");
    CLI::Option* file = command->add_option("--tokens-file", flags->tokens_file, "File of token ids");
    command->add_option("-p,--prompt", flags->prompt, "Text")->excludes(tokens)->excludes(file);
    file->excludes(tokens);
    command->add_flag("-e,--escape", flags->escape, "In the text, \\n is the end of a line, and the like");
    command->add_flag("--all", flags->all, "Logits of every token, not only the last");
    command->add_option("--state-in", flags->state_in, "Saved state to go on from")->excludes("--state");
    command->add_option("--state-out", flags->state_out, "Where to write the final state");
    command->add_option("--chunk", flags->chunk, "Tokens per run")->check(CLI::Range(1, 1 << 20));
    command->add_option("-o,--output", flags->out, "The .npy file")->required();
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
