#include "runtime/load/adapter_names.h"

#include <algorithm>
#include <iterator>

namespace rwkvk::load {
namespace {

constexpr AdapterEnding endings[] = {
    {".init_lora_A", AdapterRole::init_lora_a},
    {".init_lora_B", AdapterRole::init_lora_b},
    {".lora_A", AdapterRole::lora_a},
    {".lora_B", AdapterRole::lora_b},
    {".lora_A.weight", AdapterRole::lora_a},
    {".lora_B.weight", AdapterRole::lora_b},
    {".lora_A.default.weight", AdapterRole::lora_a},
    {".lora_B.default.weight", AdapterRole::lora_b},
    {".lora.0", AdapterRole::lora_a, true},  // web-rwkv
    {".lora.1", AdapterRole::lora_b},
    {".disha", AdapterRole::pieces},
    {".bone", AdapterRole::pieces},
    // PEFT: huggingface/peft, src/peft/tuners/{bone,miss}/layer.py. Its blocks are those of rows.
    {".bone_block", AdapterRole::pieces, false, true},
    {".miss_block", AdapterRole::pieces, false, true},
    // MiSS of rwkv_lightning_cuda, [out, r]: No-22-Github/rwkv_lightning_cuda, src/miss/README.md.
    {".weight.D", AdapterRole::pieces, true, true},
    {".D", AdapterRole::pieces, true, true},
};

}  // namespace

const AdapterEnding* find_adapter_ending(std::string_view name) {
    const auto* found = std::ranges::find_if(
        endings, [&](const AdapterEnding& ending) { return name.ends_with(ending.text); });
    return found == std::end(endings) ? nullptr : found;
}

}  // namespace rwkvk::load
