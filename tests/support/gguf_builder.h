#pragma once
// GGUF files put together by hand, right ones and wrong ones.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/file_builder.h"

namespace rwkvk::test::gguf {

inline constexpr uint32_t f32 = 0, f16 = 1, q8_0 = 8, iq2_xxs = 16, bf16 = 30;  // element types

inline std::string text(std::string_view value) { return le(uint64_t{value.size()}) + std::string(value); }

/// Entries of the metadata: key, type of the value, value.
inline std::string entry(std::string_view key, uint32_t type, const std::string& value) {
    return text(key) + le(type) + value;
}
inline std::string entry_u16(std::string_view key, uint16_t value) { return entry(key, 2, le(value)); }
inline std::string entry_u32(std::string_view key, uint32_t value) { return entry(key, 4, le(value)); }
inline std::string entry_i32(std::string_view key, int32_t value) { return entry(key, 5, le(value)); }
inline std::string entry_f32(std::string_view key, float value) { return entry(key, 6, le(value)); }
inline std::string entry_text(std::string_view key, std::string_view value) {
    return entry(key, 8, text(value));
}
inline std::string entry_texts(std::string_view key, const std::vector<std::string>& values) {
    std::string array = le(uint32_t{8}) + le(uint64_t{values.size()});
    for (const std::string& value : values) array += text(value);
    return entry(key, 9, array);
}
inline std::string entry_i32s(std::string_view key, const std::vector<int32_t>& values) {
    std::string array = le(uint32_t{5}) + le(uint64_t{values.size()});
    for (const int32_t value : values) array += le(value);
    return entry(key, 9, array);
}

struct Tensor {
    std::string name;
    std::vector<uint64_t> ne;  // fastest first
    uint32_t type = f32;
    std::string data = {};
    std::optional<uint64_t> offset = {};  // where the file claims it to be
};

struct File {
    std::vector<std::string> metadata;
    std::vector<Tensor> tensors;
    uint64_t alignment = 32;
    uint32_t version = 3;
    std::optional<uint64_t> tensor_count = {}, metadata_count = {};  // what the file claims
};

inline std::string padded(std::string bytes, uint64_t alignment) {
    while (bytes.size() % alignment != 0) bytes += '\0';
    return bytes;
}

/// Everything before the data.
inline std::string header(const File& file) {
    std::string out = "GGUF" + le(file.version) + le(file.tensor_count.value_or(file.tensors.size())) +
                      le(file.metadata_count.value_or(file.metadata.size()));
    for (const std::string& one : file.metadata) out += one;
    uint64_t offset = 0;
    for (const Tensor& tensor : file.tensors) {
        out += text(tensor.name) + le(static_cast<uint32_t>(tensor.ne.size()));
        for (const uint64_t size : tensor.ne) out += le(size);
        out += le(tensor.type) + le(tensor.offset.value_or(offset));
        offset += padded(tensor.data, file.alignment).size();
    }
    return out;
}

inline std::string build(const File& file) {
    std::string out = padded(header(file), file.alignment);
    for (const Tensor& tensor : file.tensors) out += padded(tensor.data, file.alignment);
    return out;
}

/// The metadata that every RWKV-7 has, for heads of two elements.
inline std::vector<std::string> metadata_v7() {
    return {entry_text("general.architecture", "rwkv7"), entry_u32("rwkv7.wkv.head_size", 2),
            entry_f32("rwkv7.attention.layer_norm_epsilon", 1e-5f)};
}

/// A model that lacks most of its tensors.
inline File tiny_v7() {
    return {.metadata = metadata_v7(),
            .tensors = {{"token_embd.weight", {4, 3}, f16, ramp<uint16_t>(12)},
                        {"blk.0.time_mix_r_k.weight", {4}, f32, ramp<float>(4)}}};
}

/// The same with one more entry or tensor.
inline File with_entry(std::string one) {
    File file = tiny_v7();
    file.metadata.push_back(std::move(one));
    return file;
}
inline File with_tensor(Tensor one) {
    File file = tiny_v7();
    file.tensors.push_back(std::move(one));
    return file;
}

/// With a vocabulary: by id the bodies of the tokens, and their types.
inline File with_vocabulary(const std::vector<std::string>& tokens, const std::vector<int32_t>& types) {
    File file = with_entry(entry_text("tokenizer.ggml.model", "rwkv"));
    file.metadata.push_back(entry_texts("tokenizer.ggml.tokens", tokens));
    file.metadata.push_back(entry_i32s("tokenizer.ggml.token_type", types));
    return file;
}

}  // namespace rwkvk::test::gguf
