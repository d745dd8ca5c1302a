#pragma once
// Whole models as GGUF files, laid out as llama.cpp's converter does.

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/catalogue/weights.h"
#include "runtime/graph/weight_source.h"
#include "runtime/load/gguf/gguf_types.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/random_model.h"

namespace rwkvk::test::gguf {

/// A tensor under its official name, matrices [out, in].
struct Source {
    uint64_t out, in;
    WeightFormat format;
    std::string stored;
};
using Sources = std::function<std::optional<Source>(const std::string& name)>;

inline Sources sources_of(const WeightSource& weights) {
    return [&weights](const std::string& name) -> std::optional<Source> {
        const auto shape = weights.find(name);
        if (!shape) return std::nullopt;
        std::string stored(stored_bytes(shape->format, uint64_t{shape->out} * shape->in), '\0');
        weights.read_rows(name, 0, shape->out, reinterpret_cast<std::byte*>(stored.data()));
        return Source{shape->out, shape->in, shape->format, stored};
    };
}

inline Sources sources_of(const RandomModel& model) {
    return [&model](const std::string& name) -> std::optional<Source> {
        const auto at = model.tensors.find(name);
        if (at == model.tensors.end()) return std::nullopt;
        const auto& [shape, values] = at->second;
        std::string stored(values.size() * sizeof(float), '\0');
        std::memcpy(stored.data(), values.data(), stored.size());
        return Source{values.size() / shape.back(), shape.back(), WeightFormat::f32, stored};
    };
}

/// What the converter is asked for.
struct Wanted {
    std::string architecture;
    std::vector<std::string> metadata;  // beside the architecture and the division
    uint32_t layers;
    uint32_t rescale_every = 0;
    bool separate_mixes = false;  // as old converters wrote them
};

inline uint32_t type_of(WeightFormat format) {
    for (size_t type = 0; type <= static_cast<size_t>(load::DType::iq4_xs); ++type) {
        if (load::name_of(static_cast<load::DType>(type)) == info(format).name)
            return load::ggml_type_of(static_cast<load::DType>(type)).id;
    }
    FAIL("a format that GGUF files have no type of");
    return 0;
}

inline void divide(Source& source, uint32_t exponent) {
    std::vector<float> values(source.out * source.in);
    auto* stored = reinterpret_cast<std::byte*>(source.stored.data());
    decode(source.format, stored, values);
    for (float& value : values) value = std::ldexp(value, -static_cast<int>(exponent));
    encode(source.format, values, stored);
}

/// The joined mixes of a block, as many as there are.
inline std::optional<Source> joined(const Sources& sources, const std::string& official,
                                    std::string_view letters) {
    std::optional<Source> all;
    for (const char letter : letters) {
        const auto mix = sources(official + letter);
        if (!mix) continue;
        if (!all) all = Source{0, mix->in, mix->format, ""};
        ++all->out;
        all->stored += mix->stored;
    }
    return all;
}

inline std::optional<Source> source_of(const Sources& sources, const load::GgufName& row, uint32_t layer,
                                       const Wanted& wanted) {
    using load::GgufChange;
    const std::string official =
        (row.of_block ? concat("blocks.", layer, ".") : "") + std::string(row.official);
    switch (row.change) {
        case GgufChange::split_mixes:
            return joined(sources, official, load::gguf_mix_letters);
        case GgufChange::split_mixes6:
            return wanted.separate_mixes ? std::nullopt : joined(sources, official, load::gguf_mix6_letters);
        case GgufChange::single_mix:
            return wanted.separate_mixes ? sources(official) : std::nullopt;
        default:
            break;
    }
    std::optional<Source> source = sources(official);
    if (source && row.change == GgufChange::rescaled && wanted.rescale_every)
        divide(*source, layer / wanted.rescale_every);
    return source;
}

inline Tensor tensor_of(const load::GgufName& row, const std::string& name, const Source& source) {
    std::vector<uint64_t> ne = {source.in};  // fastest first
    if (row.gguf == "time_mix_lerp_fused.weight") {
        ne = {source.in, 1, 1, source.out};
    } else if (row.gguf == "time_mix_w2.weight" && row.official == "att.time_maa_w2") {
        ne = {source.in, source.out / 5, 5};
    } else if (row.gguf == "time_mix_r_k.weight") {
        ne = {source.in * source.out};
    } else if (source.out > 1) {
        ne.push_back(source.out);
    }
    return {name, ne, type_of(source.format), source.stored};
}

inline File file_of(const Sources& sources, const Wanted& wanted) {
    File file;
    file.metadata = {entry_text("general.architecture", wanted.architecture)};
    file.metadata.insert(file.metadata.end(), wanted.metadata.begin(), wanted.metadata.end());
    if (wanted.rescale_every) {
        file.metadata.push_back(
            entry_u32(wanted.architecture + ".rescale_every_n_layers", wanted.rescale_every));
    }
    for (const load::GgufName& row : load::gguf_names()) {
        if (!is_of(row, wanted.architecture)) continue;
        for (uint32_t layer = 0; layer < (row.of_block ? wanted.layers : 1); ++layer) {
            const std::string prefix = row.of_block ? concat("blk.", layer, ".") : "";
            if (const auto source = source_of(sources, row, layer, wanted))
                file.tensors.push_back(tensor_of(row, prefix + std::string(row.gguf), *source));
        }
    }
    return file;
}

}  // namespace rwkvk::test::gguf
