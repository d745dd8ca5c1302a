#include <iostream>

#include "apps/rwkvk/command.h"
#include "apps/rwkvk/text_input.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool decode = false;
};

void run(const Flags& flags) {
    const auto model =
        flags.common.model.empty() && flags.common.synthetic.empty() ? nullptr : open_model(flags.common);
    const auto tokenizer = open_tokenizer(model.get(), flags.common.vocabulary);
    const std::string input = read_text("-");
    if (flags.decode) {
        std::cout << tokenizer->decode(parse_ids(input));
        return;
    }
    const char* separator = "";
    for (const text::Token id : tokenizer->encode(input)) {
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
    command->add_flag("--decode", flags->decode, "Ids on stdin to bytes on stdout");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
