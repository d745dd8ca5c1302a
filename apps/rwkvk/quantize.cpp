#include <filesystem>
#include <iostream>

#include "command.h"
#include "outputs.h"
#include "progress_bar.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    std::string input, output, type, head, embedding;
    std::vector<std::string> overrides;
    bool pure = false;
};

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void run(const Flags& flags) {
    if (flags.type.empty())
        throw usage_error("quantize: expected a type, found none: rwkvk quantize IN OUT.gguf Q4_K_M");
    refuse_input_as_output({"output", flags.output},
                           {{"input", flags.input}, {"--vocab", flags.common.vocabulary}});
    const Runtime runtime = open_runtime(flags.common);
    const Model model = runtime.load(flags.input);
    rwkvk_quantize_params params;
    rwkvk_quantize_params_default(&params, sizeof params);
    params.type = flags.type.c_str();
    params.pure = flags.pure;
    params.head_type = text_or_null(flags.head);
    params.embedding_type = text_or_null(flags.embedding);
    params.vocabulary = text_or_null(flags.common.vocabulary);
    const std::vector<const char*> overrides = c_strings(flags.overrides);
    params.overrides = overrides.data();
    params.override_count = overrides.size();
    params.threads = flags.common.threads;
    TaskBar bar(concat("writing ", flags.output), model.info().weight_bytes);
    params.progress = TaskBar::show_on;
    params.progress_user = &bar;
    runtime.check(rwkvk_tools_quantize(model.handle(), flags.output.c_str(), &params));
    std::cerr << flags.output << ": " << megabytes(std::filesystem::file_size(flags.output)) << ", from "
              << megabytes(model.info().weight_bytes) << " of weights\n";
}

}  // namespace

void add_quantize(CLI::App& app) {
    CLI::App* command = app.add_subcommand("quantize", "Write a model as a GGUF file, in smaller weights");
    auto flags = std::make_shared<Flags>();
    command->add_option("input", flags->input, "Any model file")->required();
    command->add_option("output", flags->output, "The GGUF file to write")->required();
    command->add_option(
        "type,--type", flags->type,
        "f32, f16, bf16, q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, iq4_nl, iq4_xs, q3_k, "
        "q2_k, or keep; with _s, _m or _l as llama-quantize has them");
    command->add_option("--output-tensor-type", flags->head,
                        "Type of the head; q6_k where the others are smaller");
    command->add_option("--token-embedding-type", flags->embedding, "Type of the embedding");
    command->add_option("--vocab", flags->common.vocabulary, "Vocabulary file to put in");
    command->add_option(
        "--override-kv", flags->overrides,
        "Metadata to put in, KEY=TYPE:VALUE, TYPE one of int, float, bool and str; repeatable");
    command->add_flag("--pure", flags->pure, "All matrices in that type, the head too");
    add_threads(*command, "threads,-t,--threads", flags->common.threads);
    command->add_flag("-v,--verbose", flags->common.verbose, "Say more on stderr");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
