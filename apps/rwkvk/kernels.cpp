#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/rwkvk/command.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool json = false;
};

struct Row {
    std::string kernel, constants, failure;
    std::vector<vk::PipelineStatistic> statistics;
};

std::string join(const std::vector<uint32_t>& values) {
    std::string result;
    for (const uint32_t value : values) result += concat(result.empty() ? "" : ",", value);
    return result;
}

/// Formats whose kernels are wanted: those of the model, or all.
std::set<WeightFormat> wanted_formats(const CommonFlags& flags) {
    std::set<WeightFormat> formats;
    if (flags.model.empty() && flags.synthetic.empty()) {
        for (size_t i = 0; i < all_weights().size(); ++i) formats.insert(static_cast<WeightFormat>(i));
        return formats;
    }
    const auto model = open_model(flags);
    for (const Program* program : {&model->programs().body, &model->programs().head}) {
        for (const MatrixRequest& request : program->matrices)
            formats.insert(model->weights().find(request.name)->format);
    }
    return formats;
}

Row create(gpu::KernelStore& kernels, const KernelChoice& choice, WeightFormat format) {
    Row row{module_name(choice.kernel, format), join(choice.constants), "", {}};
    try {
        row.statistics = kernels.get(choice, format).statistics();
    } catch (const Error& error) {
        row.failure = error.what();
    }
    return row;
}

void run(const Flags& flags) {
    const std::set<WeightFormat> formats = wanted_formats(flags.common);
    OpenDevice device(flags.common.device, /*exact*/ false, /*statistics*/ true);
    std::vector<Row> rows;
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (const KernelChoice& choice : all_choices(static_cast<Op>(op), device.device().facts())) {
            const bool each = info(choice.kernel).weights == KernelWeights::each;
            for (const WeightFormat format : each ? formats : std::set<WeightFormat>{WeightFormat::f32}) {
                rows.push_back(create(device.kernels(), choice, format));
            }
        }
    }
    size_t failed = 0;
    nlohmann::json all = nlohmann::json::array();
    for (const Row& row : rows) {
        failed += !row.failure.empty();
        nlohmann::json statistics = nlohmann::json::object();
        for (const auto& statistic : row.statistics) statistics[statistic.name] = statistic.value;
        all.push_back({{"kernel", row.kernel},
                       {"constants", row.constants},
                       {"failure", row.failure},
                       {"statistics", statistics}});
        if (flags.json) continue;
        std::cout << row.kernel << " (" << row.constants << ")";
        for (const auto& statistic : row.statistics)
            std::cout << "  " << statistic.name << ' ' << statistic.value;
        std::cout << (row.failure.empty() ? "" : concat("  FAILED: ", row.failure)) << '\n';
    }
    if (flags.json) {
        std::cout << all.dump(2) << '\n';
    } else {
        std::cout << device.device().facts().name << ": " << rows.size() - failed << " of " << rows.size()
                  << " pipelines created\n";
    }
    device.check_validation();
    if (failed > 0) throw Failed{};
}

}  // namespace

void add_kernels(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("kernels", "Create every pipeline and show the driver's statistics; runs nothing");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
