#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "interrupts.h"
#include "json_text.h"
#include "outputs.h"
#include "pooling_flag.h"
#include "progress_bar.h"
#include "shortest.h"
#include "text_input.h"

namespace rwkvk::app {
namespace {

constexpr size_t together = 8;  // texts that are fed at once

struct Flags {
    CommonFlags common;
    std::string prompt, file, format = "text";
    Pooling pooling = Pooling::mean;
    bool plain = false;
};

/// Lines that are not empty.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> texts_of(const Flags& flags) {
    const std::vector<std::string> texts =
        lines_of(flags.prompt.empty() ? read_text(flags.file.empty() ? "-" : flags.file) : flags.prompt);
    if (texts.empty())
        throw usage_error("there is no text: give -p TEXT, or -f FILE with a text on each line");
    return texts;
}

std::vector<std::vector<float>> vectors_of(Context& context, const std::vector<std::vector<Token>>& texts,
                                           const Flags& flags) {
    std::vector<rwkvk_feed_item> items;
    for (uint32_t slot = 0; slot < texts.size(); ++slot) {
        context.reset(slot);
        items.push_back(
            {.slot = slot,
             .want = (flags.pooling == Pooling::mean ? RWKVK_WANT_ALL : RWKVK_WANT_LAST) | RWKVK_WANT_HIDDEN,
             .tokens = texts[slot].data(),
             .count = texts[slot].size(),
             .vectors = nullptr});
    }
    std::vector<Pool> pools(texts.size(), Pool(flags.pooling));
    context.feed(items, [&](size_t item, size_t, const float* vector, size_t count) {
        pools[item].add(vector, count);
        Interrupts::check();
    });
    std::vector<std::vector<float>> vectors;
    for (const Pool& pool : pools) vectors.push_back(pool.vector(flags.plain));
    return vectors;
}

void print_line(const std::vector<float>& vector) {
    const char* separator = "";
    for (const float value : vector) {
        std::cout << separator << shortest(value);
        separator = " ";
    }
    std::cout << '\n';
}

nlohmann::json to_json(const std::string& text, size_t tokens, const std::vector<float>& vector) {
    nlohmann::json numbers = nlohmann::json::array();
    for (const float value : vector) numbers.push_back(std::stod(shortest(value)));
    return {{"text", text}, {"tokens", tokens}, {"embedding", numbers}};
}

void run(const Flags& flags) {
    const std::vector<std::string> texts = texts_of(flags);
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const Tokenizer tokenizer = open_tokenizer(model, flags.common);
    const size_t slots = std::min(together, texts.size());
    Context context = open_context(model, flags.common, {.slots = static_cast<uint32_t>(slots)});
    const Interrupts interrupts(context);
    nlohmann::json list = nlohmann::json::array();
    for (size_t at = 0; at < texts.size(); at += slots) {
        std::vector<std::vector<Token>> some;
        for (size_t i = at; i < std::min(at + slots, texts.size()); ++i)
            some.push_back(tokenizer.encode(texts[i]));
        const std::vector<std::vector<float>> vectors = vectors_of(context, some, flags);
        for (size_t i = 0; i < some.size(); ++i) {
            if (flags.format == "json") {
                list.push_back(to_json(texts[at + i], some[i].size(), vectors[i]));
            } else {
                print_line(vectors[i]);
            }
        }
    }
    if (flags.format == "json") std::cout << to_text(list) << '\n';
    check_validation(runtime);
}

}  // namespace

void add_embed(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("embed", "Texts to vectors, whose products say how alike they are");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    add_initial_state(*command, flags->common);
    CLI::Option* prompt = command->add_option("-p,--prompt", flags->prompt, "Texts, one on each line");
    command->add_option("-f,--file", flags->file, "File of them; -: stdin, as without -p and -f")
        ->excludes(prompt);
    add_pooling(*command, flags->pooling);
    command->add_flag("--plain", flags->plain, "As they come, not of length 1");
    command->add_option("-o,--output", flags->format, "text: a line of numbers for each; or json")
        ->check(CLI::IsMember({"text", "json"}));
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
