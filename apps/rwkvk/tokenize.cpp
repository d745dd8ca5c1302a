#include <iostream>

#include "command.h"
#include "text_input.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool decode = false;
};

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    const Tokenizer tokenizer = has_model(flags.common)
                                    ? open_tokenizer(runtime, open_model(runtime, flags.common), flags.common)
                                    : runtime.tokenizer(flags.common.vocabulary);
    const std::string input = read_text("-");
    if (flags.decode) {
        for (const Token id : parse_ids(input)) std::cout << tokenizer.text(id);
        return;
    }
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
    command->add_flag("--decode", flags->decode, "Ids on stdin to bytes on stdout");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
