#include "command.h"
#include "outputs.h"
#include "progress_bar.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    std::string path, arch = "v7", size = "0.1b", type = "f16", vocabulary;
    uint64_t seed = 1;
};

void run(const Flags& flags) {
    refuse_same_file({"output", flags.path}, {"--vocab", flags.vocabulary});
    const Runtime runtime = open_runtime(flags.common);
    const std::string spec = concat(flags.arch, ":", flags.size, ":", flags.type);
    rwkvk_model* handle = nullptr;
    runtime.check(rwkvk_tools_synthetic(runtime.handle(), spec.c_str(), flags.seed, &handle));
    const uint64_t bytes = Model(runtime.shared(), handle).info().weight_bytes;
    TaskBar bar(concat("writing ", flags.path), bytes);
    runtime.check(rwkvk_tools_synth(runtime.handle(), flags.path.c_str(), spec.c_str(), flags.seed,
                                    flags.vocabulary.empty() ? nullptr : flags.vocabulary.c_str(),
                                    TaskBar::show_on, &bar));
}

}  // namespace

void add_synth(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("synth", "Write a random model of an official size as a GGUF file");
    auto flags = std::make_shared<Flags>();
    command->add_option("output", flags->path, "The file to write")->required();
    command->add_option("--arch", flags->arch,
                        "Model version: v4, v5.0, v5.1, v5.2, v6, v7, v7a, rwkv6qwen2, arwkv7");
    command->add_option("--size", flags->size,
                        "0.1b, 0.4b, 1.5b, 2.9b, 7.2b, 13b, or LAYERSxWIDTH[xVOCABULARY]");
    command->add_option("--type", flags->type, "Weight format of the matrices, as f16 or q8_0");
    command->add_option("-s,--seed", flags->seed, "Which of all random models");
    command->add_option("--vocab", flags->vocabulary, "Vocabulary file (World format) to put in");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
