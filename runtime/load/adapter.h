#pragma once
// Adapters: files of small matrices that change those of a model.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// What a tensor of an adapter does to the matrix W [out, in] it is named after.
enum class AdapterRole {
    lora_a,       // [rank, in]
    lora_b,       // [out, rank]: W + B·A
    init_lora_a,  // likewise, what an initialisation took out of W: W - B·A
    init_lora_b,
    pieces,  // [r, out], added to every piece of r columns; or [columns / r, r, r] (DiSHA, Bone)
    whole,   // a tensor in place of the model's
};

struct AdapterTensor {
    std::string name;    // in the file
    std::string target;  // official; without ".weight" but for whole tensors
    AdapterRole role;
    TensorView view;
};

struct Adapter {
    std::string path;
    std::vector<AdapterTensor> tensors;  // sorted by target, then role
    std::optional<float> alpha;          // where the file says it: the product counts alpha / rank times
    std::shared_ptr<const void> storage;
};

/// Whether no model has a tensor of this name, but adapters do.
bool is_adapter_name(std::string_view name);

/// Reads .pth of RWKV-PEFT and RWKV-LM-LoRA, .safetensors of web-rwkv (ai00), and GGUF.
/// Errors: as open_tensors; Code::bad_file for a file that changes nothing.
Adapter open_adapter(const std::string& path);

}  // namespace rwkvk::load
