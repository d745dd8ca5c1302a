#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/rwkvk/command.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool json = false, program = false, tensors = false;
};

/// Every tensor; its shape where the model uses it. Others may be of any type and shape.
std::map<std::string, std::optional<WeightSource::Shape>> shapes(const Model& model) {
    std::map<std::string, std::optional<WeightSource::Shape>> result;
    for (const std::string& name : model.unused_tensors()) result[name] = std::nullopt;
    for (const std::string& name : model.weights().names()) {
        if (!result.contains(name)) result[name] = model.weights().find(name);
    }
    return result;
}

std::map<std::string, uint64_t> bytes_by_type(const Model& model) {
    std::map<std::string, uint64_t> result;
    for (const auto& [name, shape] : shapes(model)) {
        if (!shape) continue;
        result[std::string(info(shape->format).name)] +=
            stored_bytes(shape->format, uint64_t{shape->out} * shape->in);
    }
    return result;
}

void print_tensors(const Model& model) {
    for (const auto& [name, shape] : shapes(model)) {
        std::cout << name << ' ';
        if (shape) {
            std::cout << shape->out << 'x' << shape->in << ' ' << info(shape->format).name << '\n';
        } else {
            std::cout << "(not used)\n";
        }
    }
}

nlohmann::json summary(const Model& model) {
    const arch::Rwkv7& m = model.dimensions();
    nlohmann::json ranks = nlohmann::json::array();
    for (const auto& r : m.ranks) ranks.push_back({{"w", r.w}, {"a", r.a}, {"v", r.v}, {"g", r.g}});
    return {{"name", model.name()},
            {"version", "7.0"},
            {"format", model.format()},
            {"layers", m.layers},
            {"width", m.width},
            {"heads", m.heads},
            {"head_size", m.head_size},
            {"ffn", m.ffn},
            {"vocabulary", m.vocabulary},
            {"ranks", ranks},
            {"parameters", model.parameters()},
            {"bytes_by_type", bytes_by_type(model)},
            {"bytes", model.weight_bytes()},
            {"state_bytes", model.state_bytes()},
            {"fingerprint", model.fingerprint()},
            {"unused_tensors", model.unused_tensors()}};
}

void print_program(const Program& program) {
    std::cout << "# " << program.name << ": " << program.steps.size() << " steps\n";
    for (const Step& step : program.steps) {
        std::cout << info(step.op).name << ' ' << step.name << " <-";
        for (size_t i = 0; i + 1 < step.operands.size(); ++i) {
            const Tensor& tensor = program.tensors[step.operands[i].tensor];
            std::cout << ' ' << tensor.name;
            if (tensor.planes > 1) std::cout << '.' << step.operands[i].plane;
        }
        std::cout << '\n';
    }
}

void run(const Flags& flags) {
    const auto model = open_model(flags.common);
    if (flags.program) {
        print_program(model->programs().body);
        print_program(model->programs().head);
        return;
    }
    if (flags.tensors) return print_tensors(*model);
    const nlohmann::json values = summary(*model);
    if (flags.json) {
        std::cout << values.dump(2) << '\n';
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
    command->add_flag("--json", flags->json, "As JSON");
    command->add_flag("--program", flags->program, "The list of ops instead");
    command->add_flag("--tensors", flags->tensors, "The list of tensors instead");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
