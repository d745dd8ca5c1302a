#pragma once
// How adapters name their tensors: the matrix they change, and an ending that says what they do to it.

#include <string_view>

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

struct AdapterEnding {
    std::string_view text;
    AdapterRole role;
    bool turned = false;     // the file has the last two dimensions the other way round
    bool is_matrix = false;  // with more dimensions it means something else, which is not read
};

/// Null for tensors under a model's own names.
const AdapterEnding* find_adapter_ending(std::string_view name);

}  // namespace rwkvk::load
