#include <iostream>

#include "apps/rwkvk/command.h"
#include "runtime/model/synthetic_gguf.h"

namespace rwkvk::app {
namespace {

struct Flags {
    std::string path, arch = "v7", size = "0.1b", type = "f16", vocabulary;
    uint64_t seed = 1;
};

void run(const Flags& flags) {
    const auto spec = SyntheticSpec::parse(concat(flags.arch, ":", flags.size, ":", flags.type), flags.seed);
    int shown = -1;
    write_synthetic_gguf(flags.path, spec, flags.vocabulary, [&](double fraction) {
        const int percent = static_cast<int>(fraction * 100);
        if (percent / 10 != shown / 10) std::cerr << percent << " %\n";
        shown = percent;
        return true;
    });
}

}  // namespace

void add_synth(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("synth", "Write a random model of an official size as a GGUF file");
    auto flags = std::make_shared<Flags>();
    command->add_option("output", flags->path, "The file to write")->required();
    command->add_option("--arch", flags->arch, "Model version: v7");
    command->add_option("--size", flags->size, "0.1b, 0.4b, 1.5b, 2.9b, 7.2b, or LAYERSxWIDTH[xVOCABULARY]");
    command->add_option("--type", flags->type, "Type of the matrices: f32, f16, bf16");
    command->add_option("-s,--seed", flags->seed, "Which of all random models");
    command->add_option("--vocab", flags->vocabulary, "Vocabulary file (World format) to put in");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
