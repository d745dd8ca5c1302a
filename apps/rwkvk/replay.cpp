#include <charconv>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "interrupts.h"
#include "json_text.h"
#include "progress_bar.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    std::string file;
    bool json = false;
};

/// As --lora takes it, to the bit.
std::string flag_of(const Adapter& adapter) {
    char scale[32];
    return adapter.path + ":" +
           std::string(scale, std::to_chars(scale, scale + sizeof scale, adapter.scale).ptr);
}

/// What the flags leave open is what the receipt says; without a file it is the program's own.
Model open_model_of(const Receipt& receipt, const Runtime& runtime, const Flags& flags) {
    CommonFlags chosen = flags.common;
    if (chosen.synthetic.empty() && chosen.weights.empty()) chosen.weights = receipt.weights();
    if (chosen.synthetic.empty() && chosen.adapters.empty()) {
        for (const Adapter& adapter : receipt.adapters()) chosen.adapters.push_back(flag_of(adapter));
    }
    if (!has_model(chosen)) chosen.model = receipt.model_path();
    std::error_code ignored;
    if (!has_model(flags.common) && !chosen.model.empty() &&
        !std::filesystem::exists(chosen.model, ignored)) {
        throw Error(RWKVK_IO, concat(flags.file, ": its model '", chosen.model,
                                     "' is neither there nor beside the receipt: give it with -m"));
    }
    return open_model(runtime, chosen);
}

rwkvk_replay_result replay(Receipt& receipt, Context& context) {
    TaskBar bar("replaying", receipt.info().drawn, Counted::tokens);
    const Interrupts interrupts(context);
    return receipt.replay(context, [&](double fraction) { return TaskBar::show_on(&bar, fraction) != 0; });
}

nlohmann::json to_json(const rwkvk_replay_result& result, const rwkvk_receipt_info& info,
                       const std::string& device) {
    constexpr const char* names[] = {"nowhere", "numerics", "model", "state", "token", "fingerprint"};
    return {{"equal", result.differs == RWKVK_DIFFERS_NOWHERE},
            {"differs", names[result.differs]},
            {"answer", result.answer},
            {"token", result.token},
            {"expected", result.expected},
            {"found", result.found},
            {"explanation", result.explanation},
            {"answers", info.answers},
            {"tokens", info.drawn},
            {"fingerprint", info.last_fingerprint},
            {"device", device},
            {"numerics_version", rwkvk_numerics_version()}};
}

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    Receipt receipt(runtime, flags.file);
    const Model model = open_model_of(receipt, runtime, flags);
    Context context = open_context(model, flags.common, {});
    const rwkvk_replay_result result = replay(receipt, context);
    const rwkvk_receipt_info info = receipt.info();
    const bool equal = result.differs == RWKVK_DIFFERS_NOWHERE;
    if (flags.json) {
        std::cout << to_text(to_json(result, info, context.device())) << '\n';
    } else if (equal) {
        std::cout << "equal: " << info.answers << (info.answers == 1 ? " answer, " : " answers, ")
                  << info.drawn << " tokens, fingerprint " << info.last_fingerprint << '\n';
    }
    check_validation(runtime);
    if (equal) return;
    if (flags.json) throw Failed{};
    throw Error(RWKVK_BAD_FILE, concat(flags.file, ": ", result.explanation));
}

}  // namespace

void add_replay(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("replay", "Compute again what a receipt says, and find where it first differs");
    auto flags = std::make_shared<Flags>();
    command->add_option("file", flags->file, "Receipt, as generate and chat write it with --receipt")
        ->required();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
