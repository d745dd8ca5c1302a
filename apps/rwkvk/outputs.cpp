#include "outputs.h"

#include <filesystem>

namespace rwkvk::app {
namespace {

/// By device and inode; of files that are still to be made, by path.
bool leads_to_same(const std::string& a, const std::string& b) {
    std::error_code ignored;
    if (std::filesystem::equivalent(a, b, ignored)) return true;
    const auto path = std::filesystem::weakly_canonical(a, ignored);
    return !path.empty() && path == std::filesystem::weakly_canonical(b, ignored);
}

}  // namespace

std::vector<NamedFile> inputs_of(const CommonFlags& flags) {
    std::vector<NamedFile> inputs = {
        {"-m", flags.model}, {"--vocab", flags.vocabulary}, {"--state", flags.state}};
    for (const std::string& adapter : flags.adapters) inputs.push_back({"--lora", to_adapter(adapter).path});
    return inputs;
}

void refuse_same_file(const NamedFile& output, const NamedFile& other) {
    if (output.path.empty() || other.path.empty() || !leads_to_same(output.path, other.path)) return;
    throw usage_error(
        concat(output.flag, ": '", output.path, "' is the file of ", other.flag, ": write to another one"));
}

void refuse_input_as_output(const NamedFile& output, const std::vector<NamedFile>& inputs) {
    for (const NamedFile& input : inputs) refuse_same_file(output, input);
}

void check_receipt(const CommonFlags& flags, const std::vector<NamedFile>& inputs) {
    if (flags.receipt == "-") throw usage_error("--receipt: expected a file to write, found '-'");
    refuse_input_as_output({"--receipt", flags.receipt}, inputs);
}

}  // namespace rwkvk::app
