#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include "command.h"
#include "text_input.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool decode = false;
    uint32_t repeats = 0;
};

/// Encodes the text again and again and prints the median and the best speed.
void measure(const Tokenizer& tokenizer, const std::string& text, uint32_t repeats) {
    using Clock = std::chrono::steady_clock;
    std::vector<double> speeds;
    size_t ids = 0;
    for (uint32_t i = 0; i < repeats; ++i) {
        const auto start = Clock::now();
        ids = tokenizer.encode(text).size();
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        speeds.push_back(seconds > 0 ? static_cast<double>(text.size()) / seconds / 1e6 : 0);
    }
    std::ranges::sort(speeds);
    std::cout << text.size() << " bytes, " << ids << " ids: median " << speeds[repeats / 2] << ", best "
              << speeds.back() << " MB/s\n";
}

void decode(const Tokenizer& tokenizer, const std::string& ids, uint32_t vocabulary) {
    for (const Token id : parse_ids(ids)) {
        if (id >= vocabulary)
            throw Error(RWKVK_BAD_TOKEN, concat("stdin: token ", id, ", expected an id below ", vocabulary));
        std::cout << tokenizer.text(id);
    }
}

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    std::optional<Model> model;
    if (has_model(flags.common) || flags.common.vocabulary.empty()) model = open_model(runtime, flags.common);
    const Tokenizer tokenizer =
        model ? open_tokenizer(*model, flags.common) : runtime.tokenizer(flags.common.vocabulary);
    const std::string input = read_text("-");
    if (flags.decode)
        return decode(tokenizer, input, model ? model->info().vocabulary : tokenizer.vocabulary());
    if (flags.repeats > 0) return measure(tokenizer, input, flags.repeats);
    const char* separator = "";
    for (const Token id : tokenizer.encode(input)) {
        std::cout << separator << id;
        separator = " ";
    }
    std::cout << '\n';
}

}  // namespace

void add_tokenize(CLI::App& app) {
    CLI::App* command = app.add_subcommand("tokenize", "Text on stdin to token ids on stdout, or back");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    CLI::Option* decode = command->add_flag("--decode", flags->decode, "Ids on stdin to bytes on stdout");
    command->add_option("--bench", flags->repeats, "Print how fast the text is encoded, of so many times")
        ->check(CLI::Range(1, 1000000))
        ->excludes(decode);
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
