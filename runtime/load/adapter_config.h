#pragma once
// What lies beside an adapter's tensors and says how much they count.

#include <optional>
#include <string>
#include <string_view>

namespace rwkvk::load {

/// Of PEFT's adapter_config.json.
struct PeftConfig {
    std::optional<float> alpha;  // of a LoRA: products count alpha / rank times
    bool by_root = false;        // alpha / sqrt(rank) times (rsLoRA)

    float factor(uint64_t rank) const;
};

/// The ranks are those of the matrices, whatever the file says. Errors: Code::bad_file for what is not JSON
/// and for an alpha that is no finite number; Code::unsupported naming a kind of adapter, or an option of it,
/// that changes a model in a way that the matrices do not tell.
PeftConfig parse_peft_config(std::string_view json, const std::string& where);

/// The scale in the manifest of a MiSS adapter (miss.json in its .pth, adapter.json beside it).
/// Errors: Code::bad_file; Code::unsupported for another method or layout of the pieces.
float parse_miss_manifest(std::string_view json, const std::string& where);

}  // namespace rwkvk::load
