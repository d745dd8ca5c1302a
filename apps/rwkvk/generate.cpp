#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <rwkvk_generate.hpp>

#include "command.h"
#include "fingerprint.h"
#include "grammar_flags.h"
#include "interrupts.h"
#include "json_text.h"
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
    std::string prompt, file;
    uint32_t tokens = 128;
    bool json = false, keep_newline = false;
};

struct Result {
    std::string text;
    std::vector<Token> ids;
    bool ended = false;  // by the last id, which is not in the state
    size_t prompt_tokens = 0;
    double prompt_seconds = 0, seconds = 0;
    std::string fingerprint;  // over the ids and the final state
};

double since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void emit(Result& result, std::string_view piece, bool stream) {
    result.text += piece;
    if (!stream || piece.empty()) return;
    std::cout << piece << std::flush;
    if (!std::cout) throw Error(RWKVK_IO, "stdout: cannot be written");
}

std::string prompt_of(const Flags& flags) {
    if (!flags.file.empty()) return read_prompt(flags.file, flags.keep_newline);
    return flags.sampling.escape ? unescaped(flags.prompt) : flags.prompt;
}

Sampler make_sampler(const Runtime& runtime, const Model& model, const Tokenizer& tokenizer,
                     const Flags& flags) {
    rwkvk_sampler_params params = sampler_params();
    params.top_p = 0.85f;
    params.seed = flags.common.seed;
    Sampler sampler(runtime, flags.sampling.over(model.sampling(params)));
    for (const auto& bias : flags.sampling.parsed_biases(model.info().vocabulary, tokenizer.end_of_text()))
        sampler.bias(bias.token, bias.value);
    if (const auto grammar = flags.grammar.open(tokenizer)) grammar->constrain(sampler);
    return sampler;
}

/// The logits of its last token.
std::vector<float> read_prompt(Context& context, const std::vector<Token>& prompt) {
    const PromptBar bar(context);
    return context.eval(0, prompt);
}

Result generate(const Flags& flags, Context& context, const Tokenizer& tokenizer, Sampler& sampler,
                Receipt* receipt) {
    Result result;
    const Interrupts interrupts(context);
    Stream stream(tokenizer, flags.sampling.stop_texts());
    std::vector<Token> prompt = tokenizer.encode(prompt_of(flags));
    if (prompt.empty()) prompt.push_back(0);  // token 0 stands for the beginning of a document
    result.prompt_tokens = prompt.size();
    if (receipt) receipt->begin_answer(0, prompt, sampler);
    auto start = std::chrono::steady_clock::now();
    const std::vector<float> logits = read_prompt(context, prompt);
    result.prompt_seconds = since(start);

    start = std::chrono::steady_clock::now();
    Interrupts::check();
    std::vector<Token> ends;
    if (tokenizer.end_of_text() >= 0) ends.push_back(static_cast<Token>(tokenizer.end_of_text()));
    rwkvk::generate(context, 0, logits, sampler, ends, flags.tokens, [&](Token token) {
        result.ids.push_back(token);
        const bool is_end = std::ranges::count(ends, token) > 0;
        if (!is_end) emit(result, stream.push(token), !flags.json);
        result.ended = is_end || stream.stopped();
        return !result.ended;
    });
    emit(result, stream.finish(), !flags.json);
    result.seconds = since(start);

    Fingerprint print;
    print.add(result.ids);
    print.add(context.state(0));
    result.fingerprint = print.hex();
    if (receipt) receipt->end_answer(0, result.ids, result.ended);
    return result;
}

void print(const Result& result, uint64_t seed, bool json) {
    const double rate = static_cast<double>(result.ids.size()) / std::max(result.seconds, 1e-9);
    if (!json) {
        std::cout << '\n';
        std::cerr << "[" << result.ids.size() << " tokens, " << rate << " tokens/s, seed " << seed
                  << ", fingerprint " << result.fingerprint << "]\n";
        return;
    }
    const nlohmann::json timings = {{"prompt_tokens", result.prompt_tokens},
                                    {"prompt_seconds", result.prompt_seconds},
                                    {"tokens", result.ids.size()},
                                    {"seconds", result.seconds},
                                    {"tokens_per_second", rate}};
    std::cout << to_text({{"text", result.text},
                          {"ids", result.ids},
                          {"seed", seed},
                          {"timings", timings},
                          {"fingerprint", result.fingerprint}})
              << '\n';
}

void run(const Flags& flags) {
    std::vector<NamedFile> inputs = inputs_of(flags.common);
    inputs.push_back({"-f", flags.file});
    check_receipt(flags.common, inputs);
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const Tokenizer tokenizer = open_tokenizer(model, flags.common);
    Sampler sampler = make_sampler(runtime, model, tokenizer, flags);
    Context context = open_context(model, flags.common, {});
    std::optional<Receipt> receipt = open_receipt(context, flags.common);
    const Result result = generate(flags, context, tokenizer, sampler, receipt ? &*receipt : nullptr);
    print(result, flags.common.seed, flags.json);
    if (receipt) receipt->save();
    check_validation(runtime);
}

}  // namespace

void add_generate(CLI::App& app) {
    CLI::App* command = app.add_subcommand("generate", "Continue a text");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    draw_seed(*command, flags->common);
    add_initial_state(*command, flags->common);
    add_receipt(*command, flags->common);
    CLI::Option* prompt = command->add_option("-p,--prompt", flags->prompt, "Text to continue");
    command
        ->add_option("-f,--file", flags->file,
                     "File with the text, - for stdin; a newline at its end is dropped")
        ->excludes(prompt);
    command->add_flag("--keep-newline", flags->keep_newline, "Keep the newline at the end of the file");
    add_token_limit(*command, flags->tokens, "Tokens to generate");
    add_sampling(*command, flags->sampling);
    add_grammar(*command, flags->grammar);
    command->add_flag("--json", flags->json, "As JSON, at the end");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
