#include "command.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <random>

#include "demo_model.h"
#include "progress_bar.h"

namespace rwkvk::app {

Error io_error(const std::string& path, const std::string& what) {
    return Error(RWKVK_IO, concat(path, ": ", what, ": ", std::strerror(errno)));
}

void mirror_in_environment(CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
        if (option->get_lnames().empty() || option->get_lnames().front() == "help") continue;
        std::string name = "RWKVK_ARG_";
        for (const char c : option->get_lnames().front())
            name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
        option->envname(name);
    }
}

void forget_excluded_environment(CLI::App& command, const std::vector<std::string>& typed) {
    for (const std::string& name : typed) {
        for (CLI::Option* excluded : command.get_option(name)->get_excludes()) excluded->envname("");
    }
}

void refuse_odd_values(CLI::App& command) {
    const CLI::Validator not_empty(
        [](const std::string& value) { return value.empty() ? "expected a value, found nothing" : ""; }, "");
    // CLI11 reads "010" as 8 and "-1" as the largest number.
    const CLI::Validator is_whole_number(
        [](const std::string& value) {
            const bool octal = value.size() > 1 && value[0] == '0';
            if (!octal && whole_number<uint64_t>(value)) return std::string();
            return concat("expected a whole number, found '", value, "'");
        },
        "");
    for (CLI::Option* option : command.get_options()) {
        if (option->get_type_size() == 0) continue;  // a flag
        if (option->get_items_expected_max() > 1) {
            option->allow_extra_args(false);
        } else {
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        }
        const std::string name = option->get_name();
        const bool may_be_empty =
            name == "--prompt" || name == "--sys" || name == "--device" || name == "--stop";
        if (!may_be_empty) option->check(not_empty);
        if (option->get_type_name().starts_with("UINT")) option->check(is_whole_number);
    }
}

OwnFlags own_flags(const CLI::App& command) {
    OwnFlags own;
    for (const CLI::Option* option : command.get_options()) {
        const bool takes_value = option->get_items_expected_max() > 0;
        for (const std::string& name : option->get_snames()) own.takes_value["-" + name] = takes_value;
        for (const std::string& name : option->get_lnames()) own.takes_value["--" + name] = takes_value;
        own.words = own.words || option->get_positional();
    }
    return own;
}

void add_common(CLI::App& command, CommonFlags& flags, bool model) {
    if (model) {
        CLI::Option* file = command.add_option(
            "-m,--model", flags.model,
            "Model file (.pth, .safetensors, .gguf, rwkv.cpp .bin); without it the program's own");
        CLI::Option* adapters = command.add_option(
            "--lora", flags.adapters,
            "Adapter to blend in, FILE or FILE:SCALE; scale is alpha / rank, 1 if not given; repeatable");
        CLI::Option* weights = command.add_option(
            "--weights", flags.weights,
            "Store the matrices in this type while they are loaded: q8_0, q4_k_m, … as quantize has them");
        command
            .add_option("--synthetic", flags.synthetic,
                        "Random model instead of a file: v7:0.1b:f16, v7:LAYERSxWIDTH[xVOCAB]:TYPE; also "
                        "v4, v5.0, v5.1, v5.2, v6, v7a, rwkv6qwen2, arwkv7")
            ->excludes(file)
            ->excludes(adapters)
            ->excludes(weights);
        command.add_option("--vocab", flags.vocabulary,
                           "Vocabulary file (World format, tokenizer.json, JSON)");
    }
    command
        .add_option("-d,--device,--dev,--devices", flags.device,
                    "Device: index, part of a name, UUID, or cpu; several: DEVICE:LAYERS,DEVICE:LAYERS")
        ->transform([](const std::string& text) { return text == "none" ? "cpu" : text; });  // llama.cpp's
    command.add_option("--math", flags.math, "exact: the same bits on every device")
        ->check(CLI::IsMember({"exact"}));
    add_threads(command, "-t,--threads", flags.threads);
    command.add_option("-s,--seed", flags.seed, "Seed of sampling, synthetic models and checks")
        ->check(CLI::Validator(
            [](const std::string& text) {
                return text == "-1" ? "expected a whole number; a random seed is for generate and chat" : "";
            },
            ""));
    command.add_flag("-v,--verbose", flags.verbose, "Say more on stderr");
}

void add_gpu_layers(CLI::App& command, CommonFlags& flags) {
    command
        .add_option("--gpu-layers,--n-gpu-layers", flags.gpu_layers,
                    "So many of the last layers, and the head, on the device, the others on the CPU")
        ->transform([](const std::string& text) {
            return text == "auto" || text == "-1" ? "all" : text;  // llama.cpp's
        })
        ->check(CLI::Validator(
            [](const std::string& text) {
                const bool number = text.find_first_not_of("0123456789") == text.npos;
                return number || text == "all" ? "" : "expected a number of layers, 0 or more, or all";
            },
            ""));
    command
        .add_option(
            "--gpu-memory", flags.gpu_megabytes,
            "MB of weights on the device, at most; it reads others from the host's memory, more slowly")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 32));
}

/// The device of the flags, with the number of layers if there is one.
std::string placed_device(const CommonFlags& flags) {
    return flags.gpu_layers == "all" ? flags.device : concat(flags.device, ":", flags.gpu_layers);
}

void add_threads(CLI::App& command, const std::string& names, uint32_t& threads) {
    command.add_option(names, threads, "CPU threads (0: one per processor that may be used)")
        ->transform([](const std::string& text) { return text == "-1" ? "0" : text; })  // llama.cpp's default
        ->check(CLI::Range(0, 1024));
}

void draw_seed(CLI::App& command, CommonFlags& flags) {
    flags.seed = flags.random_seed = std::random_device{}();
    command.get_option("--seed")
        ->default_str("-1")
        ->description("Seed of sampling and of --synthetic; -1: a random one, which is shown")
        ->transform([drawn = std::to_string(flags.random_seed)](const std::string& text) {
            return text == "-1" ? drawn : text;
        });
}

void add_token_limit(CLI::App& command, uint32_t& tokens, const std::string& help) {
    command.add_option("-n,--predict", tokens, help + "; -1: until it ends")
        ->transform([](const std::string& text) {
            return text == "-1" || text == "-2" ? std::to_string(UINT32_MAX) : text;
        });
}

void add_thinking(CLI::App& command, const std::string& name, int32_t& thinking, const std::string& more) {
    static const std::vector<std::string> words = {"none", "fast", "on", "little",
                                                   "lot"};  // as RWKVK_THINK_*
    const auto take = [&thinking](const std::string& word) {
        thinking = static_cast<int32_t>(std::ranges::find(words, word) - words.begin());
    };
    command
        .add_option_function<std::string>(name, take,
                                          concat("none, fast, on, little or lot, for models that can", more))
        ->default_str(words[static_cast<size_t>(thinking)])
        ->check(CLI::IsMember(words));
}

void add_initial_state(CLI::App& command, CommonFlags& flags) {
    command.add_option("--state", flags.state,
                       "Tuned or saved state to begin with, instead of the empty one");
}

void add_receipt(CLI::App& command, CommonFlags& flags) {
    command.add_option("--receipt", flags.receipt,
                       "Where to write down what is computed, for rwkvk replay on any device");
}

Runtime open_runtime(const CommonFlags& flags) {
    const int32_t least = flags.verbose ? RWKVK_LOG_INFO : RWKVK_LOG_WARNING;
    return Runtime([least](int32_t level, const char* line) {
        if (level >= least) std::cerr << line << '\n';
    });
}

Adapter to_adapter(const std::string& text) {
    const size_t colon = text.rfind(':');
    if (colon == text.npos || colon == 0) return {text};
    const char* const begin = text.c_str() + colon + 1;
    char* end = nullptr;
    const float scale = std::strtof(begin, &end);
    if (end == begin || *end != '\0') return {text};
    return {text.substr(0, colon), scale};
}

bool has_model(const CommonFlags& flags) { return !flags.model.empty() || !flags.synthetic.empty(); }

Model open_model(const Runtime& runtime, const CommonFlags& flags) {
    if (flags.synthetic.empty()) {
        std::vector<Adapter> adapters;
        for (const std::string& text : flags.adapters) adapters.push_back(to_adapter(text));
        if (!flags.model.empty()) return runtime.load(flags.model, adapters, flags.weights);
        const std::string_view file = demo_model();
        return runtime.load_memory(file.data(), file.size(), "rwkvk-demo", adapters, flags.weights);
    }
    rwkvk_model* model = nullptr;
    runtime.check(rwkvk_tools_synthetic(runtime.handle(), flags.synthetic.c_str(), flags.seed, &model));
    return {runtime.shared(), model};
}

Tokenizer open_tokenizer(const Model& model, const CommonFlags& flags) {
    return model.tokenizer(flags.vocabulary);
}

/// What a context takes, while progress is shown.
template <typename Make>
static auto with_params(const Model& model, const CommonFlags& flags, const ContextNeeds& needs,
                        const Make& make) {
    TaskBar bar(concat("loading ", model.info().name), model.info().weight_bytes);
    rwkvk_context_params params = context_params();
    const std::string device = placed_device(flags);
    params.device = device.c_str();
    params.slots = needs.slots;
    params.max_rows = needs.max_rows;
    params.threads = flags.threads;
    params.device_weight_bytes = flags.gpu_megabytes * 1000000;
    params.progress = TaskBar::show_on;
    params.progress_user = &bar;
    return make(params);
}

Context open_context(const Model& model, const CommonFlags& flags, const ContextNeeds& needs) {
    Context context = with_params(model, flags, needs,
                                  [&](const rwkvk_context_params& params) { return Context(model, params); });
    if (!flags.state.empty()) context.load_initial(flags.state);
    return context;
}

Engine open_engine(const Model& model, const Tokenizer& tokenizer, const CommonFlags& flags,
                   const ContextNeeds& needs, rwkvk_engine_params params) {
    return with_params(model, flags, needs, [&](const rwkvk_context_params& context) {
        params.context = &context;
        return Engine(model, tokenizer, params);
    });
}

std::optional<Receipt> open_receipt(const Context& context, const CommonFlags& flags) {
    if (flags.receipt.empty()) return std::nullopt;
    return Receipt(context, flags.receipt);
}

void check_validation(const Runtime& runtime) {
    const uint64_t messages = runtime.validation_messages();
    if (messages == 0) return;
    std::cerr << "the validation layer sent " << messages << " messages\n";
    throw Failed{};
}

}  // namespace rwkvk::app
