#include "runtime/load/official.h"

#include <algorithm>

#include "runtime/load/bytes.h"

namespace rwkvk::load {

bool is_official_lora(std::string_view name) {
    static constexpr std::string_view loras[] = {
        // v6
        "att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2",
        // v7
        "att.w1", "att.w2", "att.a1", "att.a2", "att.v1", "att.v2", "att.g1", "att.g2",
        // v7a, v7b
        "ffn.s1", "ffn.s2", "qkv.k1", "qkv.k2", "qkv.v1", "qkv.v2"};
    return std::ranges::find(loras, within_official_block(name)) != std::end(loras);
}

std::string_view within_official_block(std::string_view name) {
    constexpr std::string_view blocks = "blocks.";
    if (!name.starts_with(blocks)) return {};
    name.remove_prefix(blocks.size());
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    return digits > 0 && name.substr(digits).starts_with('.') ? name.substr(digits + 1) : std::string_view{};
}

TensorView from_official(std::string_view name, TensorView tensor, const std::string& path) {
    if (!is_official_lora(name)) return tensor;
    if (tensor.shape.size() < 2) {
        throw Error(Code::bad_shape, concat(path, ": tensor ", quote(name), " is ", tensor.shape_text(),
                                            ", expected a matrix: not an RWKV model of a known version"));
    }
    return tensor.transposed();
}

void refuse_unknown_heads(const Checkpoint& checkpoint) {
    const auto& tensors = checkpoint.tensors;
    const auto key = tensors.find("blocks.0.att.key.weight");
    // RWKV-4 has no norm over heads; RWKV-6 has decays without heads.
    const bool has_heads = tensors.contains("blocks.0.att.ln_x.weight");
    const bool has_decays = !tensors.contains("blocks.0.att.time_maa_x");
    if (key == tensors.end() || key->second.shape.empty() || !has_heads) return;
    for (const char* name : {"blocks.0.att.r_k", "blocks.0.att.time_faaaa", "blocks.0.att.time_decay"}) {
        const auto found = tensors.find(name);
        if (found == tensors.end() || (found->first.ends_with("decay") && !has_decays)) continue;
        // A vector with one element for each head, as RWKV-5.1 has it, says how many there are.
        const auto &shape = found->second.shape, &attention = key->second.shape;
        if (shape.size() != 1 || shape[0] != attention[0]) continue;
        throw Error(Code::unsupported,
                    concat(checkpoint.path, ": tensor ", quote(name), " is a vector of ", shape[0],
                           " elements, expected heads x their size: nothing tells how many heads there are: "
                           "use the original .pth"));
    }
}

void refuse_old_versions(const Checkpoint& checkpoint) {
    const auto has = [&](const char* name) { return checkpoint.tensors.contains(name); };
    // Versions 2 and 3 have decays as columns, version 4 as a vector; those of version 5 have a norm after
    // them.
    const auto decay = checkpoint.tensors.find("blocks.0.att.time_decay");
    const bool column = decay != checkpoint.tensors.end() && decay->second.shape.size() == 2 &&
                        decay->second.shape[0] > 1 && decay->second.shape[1] == 1 &&
                        !has("blocks.0.att.ln_x.weight");
    const char* version = has("blocks.0.att.time_w")     ? "1"
                          : has("blocks.0.att.time_mix") ? "2"
                          : column                       ? "3"
                                                         : nullptr;
    if (!version) return;
    throw Error(Code::unsupported, concat(checkpoint.path, ": an RWKV-", version,
                                          ", expected an RWKV from 4 to 7: use a newer model"));
}

}  // namespace rwkvk::load
