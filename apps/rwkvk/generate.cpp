#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/rwkvk/command.h"
#include "apps/rwkvk/sampling_flags.h"
#include "apps/rwkvk/text_input.h"
#include "runtime/model/fingerprint.h"
#include "runtime/text/text_stream.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    SamplingFlags sampling;
    std::string prompt, file;
    uint32_t tokens = 128;
    bool json = false;
};

struct Result {
    std::string text;
    std::vector<Token> ids;
    size_t prompt_tokens = 0;
    double prompt_seconds = 0, seconds = 0;
    std::string fingerprint;  // over the ids and the final state
};

double since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void emit(Result& result, const std::string& piece, bool stream) {
    result.text += piece;
    if (!stream) return;
    std::cout << piece << std::flush;
    if (!std::cout) throw Error(Code::io, "stdout: cannot be written");
}

Result generate(const Flags& flags, Context& context, const text::Tokenizer& tokenizer) {
    Result result;
    text::Sampler sampler = make_sampler(flags.sampling, flags.common.seed);
    text::TextStream stream(flags.sampling.stop_strings);

    std::vector<Token> prompt = tokenizer.encode(flags.file.empty() ? flags.prompt : read_text(flags.file));
    if (prompt.empty()) prompt.push_back(0);  // token 0 stands for the beginning of a document
    result.prompt_tokens = prompt.size();
    auto start = std::chrono::steady_clock::now();
    std::vector<float> logits = context.feed(0, prompt);
    result.prompt_seconds = since(start);

    start = std::chrono::steady_clock::now();
    while (result.ids.size() < flags.tokens && !stream.stopped()) {
        const Token token = sampler.sample(logits);
        result.ids.push_back(token);
        if (static_cast<int64_t>(token) == tokenizer.end_of_text()) break;
        const std::string_view bytes = tokenizer.decode(token);
        sampler.accept(token, text::penalty_weight(bytes));
        emit(result, stream.push(bytes), !flags.json);
        logits = context.feed(0, {&token, 1});
    }
    emit(result, stream.finish(), !flags.json);
    result.seconds = since(start);

    Fingerprint print;
    print.add(std::as_bytes(std::span(result.ids)));
    print.add(context.state(0));
    result.fingerprint = print.hex();
    return result;
}

void run(const Flags& flags) {
    const auto model = open_model(flags.common);
    const auto tokenizer = open_tokenizer(model.get(), flags.common.vocabulary);
    OpenContext open = open_context(model, flags.common, {.max_rows = 128, .slots = 1});
    const Result result = generate(flags, *open.context, *tokenizer);
    const double rate = static_cast<double>(result.ids.size()) / std::max(result.seconds, 1e-9);
    if (flags.json) {
        const nlohmann::json timings = {{"prompt_tokens", result.prompt_tokens},
                                        {"prompt_seconds", result.prompt_seconds},
                                        {"tokens", result.ids.size()},
                                        {"seconds", result.seconds},
                                        {"tokens_per_second", rate}};
        std::cout << nlohmann::json{{"text", result.text},
                                    {"ids", result.ids},
                                    {"timings", timings},
                                    {"fingerprint", result.fingerprint}}
                         .dump(2)
                  << '\n';
    } else {
        std::cout << '\n';
        std::cerr << "[" << result.ids.size() << " tokens, " << rate << " tokens/s, fingerprint "
                  << result.fingerprint << "]\n";
    }
    if (open.device) open.device->check_validation();
}

}  // namespace

void add_generate(CLI::App& app) {
    CLI::App* command = app.add_subcommand("generate", "Continue a text");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_option("-p,--prompt", flags->prompt, "Text to continue");
    command->add_option("-f,--file", flags->file, "File with the text, - for stdin");
    command->add_option("-n,--predict", flags->tokens, "Tokens to generate");
    add_sampling(*command, flags->sampling);
    command->add_flag("--json", flags->json, "As JSON, at the end");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
