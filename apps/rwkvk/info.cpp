#include <charconv>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "command.h"
#include "json_text.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool json = false, program = false, tensors = false;
};

struct Tensor {
    std::string name, type;
    uint32_t rows, columns;
    uint64_t bytes;

    bool used() const { return rows > 0; }
};

std::vector<Tensor> tensors_of(const Runtime& runtime, const Model& model) {
    std::vector<Tensor> tensors;
    const auto add = [](void* user, const char* name, uint32_t rows, uint32_t columns, const char* type,
                        uint64_t bytes) {
        static_cast<std::vector<Tensor>*>(user)->push_back({name, type, rows, columns, bytes});
    };
    runtime.check(rwkvk_tools_tensors(model.handle(), add, &tensors));
    return tensors;
}

/// Ranks of the LoRA matrices of every layer, read from their shapes.
nlohmann::json ranks_of(const std::vector<Tensor>& tensors, uint32_t layers) {
    nlohmann::json ranks = nlohmann::json::array();
    for (uint32_t i = 0; i < layers; ++i) {
        nlohmann::json layer = nlohmann::json::object();
        for (const Tensor& tensor : tensors) {
            const std::string prefix = concat("blocks.", i, ".att.");
            const std::string last = tensor.name.starts_with(prefix) ? tensor.name.substr(prefix.size()) : "";
            if (last == "w1" || last == "a1" || last == "v1" || last == "g1")
                layer[last.substr(0, 1)] = std::min(tensor.rows, tensor.columns);
            if (last == "time_decay_w1") layer["decay"] = tensor.rows;
            if (last == "time_maa_w1") layer["mix"] = tensor.rows / 5;  // of each of the five
        }
        ranks.push_back(layer);
    }
    return ranks;
}

/// Tensors of the state that a block keeps, with their shapes.
nlohmann::json state_of_block(const Runtime& runtime, const Model& model) {
    nlohmann::json state = nlohmann::json::object();
    const auto add = [](void* user, const char* name, const uint32_t* shape, uint32_t count, float) {
        constexpr std::string_view first = "blocks.0.";
        const std::string_view text(name);
        if (!text.starts_with(first)) return;
        (*static_cast<nlohmann::json*>(user))[std::string(text.substr(first.size()))] =
            std::vector<uint32_t>(shape, shape + count);
    };
    runtime.check(rwkvk_tools_state_tensors(model.handle(), add, &state));
    return state;
}

/// How texts become tokens; null where no vocabulary is found.
nlohmann::json tokenizer_of(const Model& model, const CommonFlags& flags) {
    try {
        const Tokenizer tokenizer = open_tokenizer(model, flags);
        return {{"kind", tokenizer.kind()},
                {"entries", tokenizer.vocabulary()},
                {"from", tokenizer.source()},
                {"end_of_text", tokenizer.end_of_text()}};
    } catch (const Error& error) {
        if (!flags.vocabulary.empty()) throw;
        return nullptr;
    }
}

/// 0.3, not the double that 0.3f is.
nlohmann::json number(float value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return nlohmann::json::parse(text, end);
}

rwkvk_chat_defaults defaults_of(const Runtime& runtime, const Model& model) {
    rwkvk_chat_defaults defaults{};
    defaults.size = sizeof defaults;
    runtime.check(rwkvk_tools_chat_defaults(model.handle(), &defaults));
    return defaults;
}

nlohmann::json template_of(const rwkvk_chat_defaults& defaults) {
    nlohmann::json declared = nullptr;
    if (*defaults.declared) declared = defaults.declared;
    return {{"name", defaults.template_name},
            {"by", defaults.template_by_file ? "file" : "name"},
            {"declared", declared},
            {"declared_is_known", *defaults.declared && !defaults.template_unknown}};
}

nlohmann::json sampling_of(const rwkvk_chat_defaults& defaults) {
    const rwkvk_sampler_params& s = defaults.sampling;
    return {{"by", defaults.sampling_by_file ? "file" : "template"},
            {"temperature", number(s.temperature)},
            {"top_p", number(s.top_p)},
            {"top_k", s.top_k},
            {"min_p", number(s.min_p)},
            {"typical", number(s.typical)},
            {"presence", number(s.presence)},
            {"frequency", number(s.frequency)},
            {"decay", number(s.decay)},
            {"repeat", number(s.repeat)}};
}

nlohmann::json summary(const Runtime& runtime, const Model& model, const CommonFlags& flags) {
    const rwkvk_chat_defaults defaults = defaults_of(runtime, model);
    const rwkvk_model_info m = model.info();
    const std::vector<Tensor> tensors = tensors_of(runtime, model);
    std::map<std::string, uint64_t> bytes_by_type;
    std::vector<std::string> unused;
    for (const Tensor& tensor : tensors) {
        if (tensor.used()) {
            bytes_by_type[tensor.type] += tensor.bytes;
        } else {
            unused.push_back(tensor.name);
        }
    }
    return {{"name", m.name},
            {"version", m.version},
            {"format", m.format},
            {"layers", m.layers},
            {"width", m.width},
            {"heads", m.heads},
            {"head_size", m.head_size},
            {"ffn", m.ffn},
            {"vocabulary", m.vocabulary},
            {"tokenizer", tokenizer_of(model, flags)},
            {"template", template_of(defaults)},
            {"sampling", sampling_of(defaults)},
            {"ranks", ranks_of(tensors, m.layers)},
            {"parameters", m.parameters},
            {"bytes_by_type", bytes_by_type},
            {"bytes", m.weight_bytes},
            {"state_per_block", state_of_block(runtime, model)},
            {"state_bytes", m.state_elements * sizeof(float)},
            {"fingerprint", model.fingerprint()},
            {"unused_tensors", unused}};
}

void print_program(const Runtime& runtime, const Model& model) {
    std::string program;
    const auto print = [](void* user, const char* part, const char* op, const char* name, const char* reads) {
        auto& last = *static_cast<std::string*>(user);
        if (last != part) std::cout << "# " << part << '\n';
        last = part;
        std::cout << op << ' ' << name << " <- " << reads << '\n';
    };
    runtime.check(rwkvk_tools_program(model.handle(), print, &program));
}

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    if (flags.program) return print_program(runtime, model);
    if (flags.tensors) {
        for (const Tensor& t : tensors_of(runtime, model)) {
            std::cout << t.name << ' '
                      << (t.used() ? concat(t.rows, 'x', t.columns, ' ', t.type) : "(not used)") << '\n';
        }
        return;
    }
    const nlohmann::json values = summary(runtime, model, flags.common);
    if (flags.json) {
        std::cout << to_text(values) << '\n';
        return;
    }
    for (const auto& [key, value] : values.items()) {
        if (key == "ranks" && !value.empty()) {
            std::cout << "ranks: " << value.back().dump() << " (last layer)\n";
        } else {
            std::cout << key << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
        }
    }
}

}  // namespace

void add_info(CLI::App& app) {
    CLI::App* command = app.add_subcommand("info", "What a model is: version, dimensions, types, bytes");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    CLI::Option* json = command->add_flag("--json", flags->json, "As JSON");
    CLI::Option* program = command->add_flag("--program", flags->program, "The list of ops instead");
    command->add_flag("--tensors", flags->tensors, "The list of tensors instead")
        ->excludes(json)
        ->excludes(program);
    program->excludes(json);
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
