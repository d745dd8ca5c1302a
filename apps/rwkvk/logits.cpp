#include <iostream>

#include "apps/rwkvk/command.h"
#include "apps/rwkvk/npy.h"
#include "apps/rwkvk/text_input.h"
#include "runtime/model/fingerprint.h"
#include "runtime/model/state_file.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    std::string tokens, tokens_file, prompt, state_in, state_out, out;
    bool all = false;
    uint32_t chunk = 512;
};

std::vector<Token> tokens_of(const Flags& flags, const Model& model) {
    const int given = !flags.tokens.empty() + !flags.tokens_file.empty() + !flags.prompt.empty();
    if (given != 1) throw Error(Code::bad_argument, "give one of --tokens, --tokens-file and -p");
    std::vector<Token> tokens;
    if (!flags.tokens.empty()) {
        tokens = parse_ids(flags.tokens);
    } else if (!flags.tokens_file.empty()) {
        tokens = parse_ids(read_text(flags.tokens_file));
    } else {
        tokens = open_tokenizer(&model, flags.common.vocabulary)->encode(flags.prompt);
    }
    if (tokens.empty()) throw Error(Code::bad_argument, "there are no tokens to feed");
    return tokens;
}

void run(const Flags& flags) {
    const auto model = open_model(flags.common);
    const std::vector<Token> tokens = tokens_of(flags, *model);
    OpenContext open =
        open_context(model, flags.common, {.max_rows = std::min<uint32_t>(flags.chunk, 512), .slots = 1});
    Context& context = *open.context;
    uint64_t position = tokens.size();
    if (!flags.state_in.empty()) {
        const SavedState saved = read_state_file(flags.state_in, *model);
        context.set_state(0, saved.values);
        position += saved.position;
    }
    NpyWriter out(flags.out, flags.all ? tokens.size() : 1, model->programs().vocabulary);
    Fingerprint print;
    const Feed feed{.slot = 0, .tokens = tokens, .want = flags.all ? Want::all : Want::last, .vectors = {}};
    context.feed(
        {&feed, 1},
        [&](size_t, size_t, std::span<const float> logits) {
            print.add(logits);
            out.write(logits);
        },
        flags.chunk);
    const std::vector<float> state = context.state(0);
    print.add(state);
    if (!flags.state_out.empty()) write_state_file(flags.state_out, *model, state, position);
    out.finish();
    std::cout << "fingerprint " << print.hex() << '\n';
    if (open.device) open.device->check_validation();
}

}  // namespace

void add_logits(CLI::App& app) {
    CLI::App* command = app.add_subcommand("logits", "Feed tokens and write the logits as .npy");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_option("--tokens", flags->tokens, "Token ids: 1,2,3");
    command->add_option("--tokens-file", flags->tokens_file, "File of token ids");
    command->add_option("-p,--prompt", flags->prompt, "Text");
    command->add_flag("--all", flags->all, "Logits of every token, not only the last");
    command->add_option("--state-in", flags->state_in, "State to start from");
    command->add_option("--state-out", flags->state_out, "Where to write the final state");
    command->add_option("--chunk", flags->chunk, "Tokens per run")->check(CLI::Range(1, 1 << 20));
    command->add_option("-o,--output", flags->out, "The .npy file")->required();
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
