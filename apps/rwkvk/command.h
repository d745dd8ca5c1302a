#pragma once
// What the subcommands share: common flags, opening a model on a device. Like every program that uses the
// library, they know nothing of it but its installed headers.

#include <rwkvk_tools.h>
#include <rwkvk.hpp>
#include <rwkvk_engine.hpp>
#include <rwkvk_receipt.hpp>

#include <CLI/CLI.hpp>
#include <charconv>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"

namespace rwkvk::app {

/// A promise broken without a fault of the input: exit status 1 without a further message.
struct Failed {};

/// Concatenates anything that streams.
template <typename... Parts>
std::string concat(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

inline std::string megabytes(uint64_t bytes) {
    return concat(std::fixed, std::setprecision(1), static_cast<double>(bytes) / 1e6, " MB");
}

/// Nothing unless all of the text is one decimal number that the type holds.
template <typename T>
std::optional<T> whole_number(std::string_view text) {
    T number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

/// For C; valid as long as the strings.
inline std::vector<const char*> c_strings(const std::vector<std::string>& strings) {
    std::vector<const char*> pointers;
    for (const std::string& text : strings) pointers.push_back(text.c_str());
    return pointers;
}

/// The exit status is 2.
inline Error usage_error(const std::string& message) { return Error(RWKVK_BAD_ARGUMENT, message); }
Error io_error(const std::string& path, const std::string& what);

struct CommonFlags {
    std::string model, device, math = "exact", vocabulary, synthetic, state, weights, receipt;
    std::string gpu_layers = "all";     // or a number
    uint64_t gpu_megabytes = 0;         // of weights; 0: what fits
    std::vector<std::string> adapters;  // FILE or FILE:SCALE
    uint32_t threads = 0;
    uint64_t seed = 1, random_seed = 0;  // equal: it was drawn
    bool verbose = false;
};

/// Adds -m, -dev, --math, -t, --vocab, --seed, -v, each mirrored by RWKVK_ARG_*; `model` also adds
/// --synthetic, --lora and --weights.
void add_common(CLI::App& command, CommonFlags& flags, bool model = true);

/// Adds --gpu-layers and --gpu-memory, for commands that run a model.
void add_gpu_layers(CLI::App& command, CommonFlags& flags);

/// Adds -t by these names. -1 stands for 0.
void add_threads(CLI::App& command, const std::string& names, uint32_t& threads);

/// Has --seed be a random number unless one is given; -1 stands for that too.
void draw_seed(CLI::App& command, CommonFlags& flags);

/// Adds -n. -1: as many tokens as it takes.
void add_token_limit(CLI::App& command, uint32_t& tokens, const std::string& help);

/// Adds a flag of this name for RWKVK_THINK_*, in words; `more` ends its help.
void add_thinking(CLI::App& command, const std::string& name, int32_t& thinking, const std::string& more);

/// Adds --state, which open_context obeys.
void add_initial_state(CLI::App& command, CommonFlags& flags);

/// Adds --receipt, which open_receipt obeys.
void add_receipt(CLI::App& command, CommonFlags& flags);

/// Mirrors every flag by an environment variable: "--top-p" by RWKVK_ARG_TOP_P. The flag wins.
void mirror_in_environment(CLI::App& command);
/// What is typed wins over the environment of flags that it excludes, too.
void forget_excluded_environment(CLI::App& command, const std::vector<std::string>& typed);

/// Has empty values refused where they mean nothing, numbers that are none or not decimal, and keeps lists
/// from taking the words that follow. Of a single value that is given twice, the last counts.
void refuse_odd_values(CLI::App& command);

/// What can be typed behind the command's name.
OwnFlags own_flags(const CLI::App& command);

/// Logs to stderr: warnings, and information with -v.
Runtime open_runtime(const CommonFlags& flags);

/// "file:0.5" has a scale; so has no file whose name ends otherwise.
Adapter to_adapter(const std::string& text);

bool has_model(const CommonFlags& flags);
/// That of -m or --synthetic, else the demo model. Errors: RWKVK_BAD_ARGUMENT when both are given.
Model open_model(const Runtime& runtime, const CommonFlags& flags);

/// --vocab, else what belongs to the model.
Tokenizer open_tokenizer(const Model& model, const CommonFlags& flags);

struct ContextNeeds {
    uint32_t max_rows = 128, slots = 1;
};
/// Shows progress on a terminal. Sequences begin with --state.
Context open_context(const Model& model, const CommonFlags& flags, const ContextNeeds& needs);
/// The same of an engine with these parameters, whose context is set here.
Engine open_engine(const Model& model, const Tokenizer& tokenizer, const CommonFlags& flags,
                   const ContextNeeds& needs, rwkvk_engine_params params = engine_params());

/// That of --receipt, if it was given.
std::optional<Receipt> open_receipt(const Context& context, const CommonFlags& flags);

/// With the validation layer on, any message of it throws Failed; they have been printed.
void check_validation(const Runtime& runtime);

// One function per subcommand; each adds itself to the program.
void add_bench(CLI::App& app);
void add_chat(CLI::App& app);
void add_devices(CLI::App& app);
void add_embed(CLI::App& app);
void add_generate(CLI::App& app);
void add_info(CLI::App& app);
void add_kernels(CLI::App& app);
void add_logits(CLI::App& app);
void add_perplexity(CLI::App& app);
void add_quantize(CLI::App& app);
void add_replay(CLI::App& app);
void add_serve(CLI::App& app);
void add_synth(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_verify(CLI::App& app);

}  // namespace rwkvk::app
