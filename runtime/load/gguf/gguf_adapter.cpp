#include "runtime/load/gguf/gguf_adapter.h"

#include <cmath>

#include "runtime/load/bytes.h"

namespace rwkvk::load {
namespace {

constexpr std::string_view a_ending = ".lora_a", b_ending = ".lora_b", weight = ".weight";

/// "blk.0.time_mix_key.weight.lora_a" is of "blocks.0.att.key".
std::string target_of(const GgufTensor& tensor, std::string_view architecture, const std::string& path) {
    const bool is_part = tensor.name.ends_with(a_ending) || tensor.name.ends_with(b_ending);
    const auto place =
        is_part ? find_gguf_name(architecture, tensor.name.substr(0, tensor.name.size() - a_ending.size()))
                : std::nullopt;
    if (!place || place->row->change != GgufChange::none) {
        throw Error(Code::unsupported, concat(path, ": tensor ", quote(tensor.name),
                                              ": expected '.lora_a' and '.lora_b' of matrices of ",
                                              quote(architecture), ", found another"));
    }
    std::string target = place->official();
    if (target.ends_with(weight)) target.resize(target.size() - weight.size());
    return target;
}

TensorView view_of(const GgufTensor& tensor, const std::string& path) {
    if (!tensor.type->dtype || tensor.type->block_elements != 1 || tensor.shape.size() != 2) {
        throw Error(Code::unsupported,
                    concat(path, ": tensor ", quote(tensor.name), " is ", tensor.type->name, " of ",
                           tensor.shape.size(),
                           " dimensions, expected a matrix of F32, F16 or BF16: convert the adapter again"));
    }
    return {.dtype = *tensor.type->dtype,
            .shape = tensor.shape,
            .strides = row_major_strides(tensor.shape),
            .data = tensor.bytes.data()};
}

std::optional<float> alpha_of(const GgufMetadata& metadata, const std::string& path) {
    const auto alpha = metadata.f32("adapter.lora.alpha");
    if (!alpha || *alpha == 0) return std::nullopt;  // as llama.cpp: the product counts once
    if (!std::isfinite(*alpha)) throw damaged(path, concat("an alpha of ", *alpha));
    return alpha;
}

}  // namespace

Adapter read_gguf_adapter(const GgufFile& file) {
    const std::string& path = file.path;
    const GgufContents contents = read_gguf_adapter_container(file);
    const std::string_view kind = contents.metadata.text("adapter.type").value_or("");
    if (kind != "lora") {
        throw Error(Code::unsupported,
                    concat(path, ": an adapter of type ", quote(kind), ", expected 'lora'"));
    }
    const std::optional<float> alpha = alpha_of(contents.metadata, path);
    Adapter adapter{.path = path, .tensors = {}, .storage = {}};
    for (const GgufTensor& tensor : contents.tensors) {
        TensorView view = view_of(tensor, path);
        const float factor = alpha ? *alpha / static_cast<float>(view.shape.front()) : 1.0f;
        adapter.tensors.push_back(
            {std::string(tensor.name), target_of(tensor, contents.architecture, path),
             tensor.name.ends_with(a_ending) ? AdapterRole::lora_a : AdapterRole::lora_b, std::move(view),
             factor});
    }
    return adapter;
}

}  // namespace rwkvk::load
