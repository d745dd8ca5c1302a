#pragma once
// Adapters: files of small matrices that change those of a model.

#include <memory>
#include <string>
#include <vector>

#include "runtime/load/adapter_names.h"
#include "runtime/load/tensor.h"

namespace rwkvk::load {

struct AdapterTensor {
    std::string name;    // official, with its ending
    std::string target;  // official; without ".weight" but for whole tensors
    AdapterRole role;
    TensorView view;
    float factor = 1.0f;  // of the change, beside the scale that a person gives; a product's is lora_a's
};

struct Adapter {
    std::string path;
    std::vector<AdapterTensor> tensors;  // sorted by target, then role
    std::shared_ptr<const void> storage;
};

/// Reads .pth of RWKV-PEFT and RWKV-LM-LoRA, PEFT's adapter_model.safetensors and .bin (or the folder of one)
/// with the adapter_config.json beside them, MiSS of rwkv_lightning_cuda, .safetensors of web-rwkv (ai00),
/// and GGUF. Errors: as open_tensors and parse_peft_config; Code::bad_file for a file that changes nothing.
Adapter open_adapter(const std::string& path);

}  // namespace rwkvk::load
