#include "runtime/arch/shapes.h"

#include <algorithm>
#include <charconv>

namespace rwkvk::arch {
namespace {

constexpr uint32_t largest_head = 1024;
constexpr uint64_t largest_state = uint64_t{1} << 31;  // elements; shaders count them in 32 bits

uint32_t count_layers(const WeightSource& weights) {
    constexpr std::string_view prefix = "blocks.";
    uint32_t layers = 0;
    for (const std::string& name : weights.names()) {
        if (!name.starts_with(prefix)) continue;
        uint32_t layer = 0;
        const auto [end, error] =
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
        if (error != std::errc{} || layer >= 4096) {
            throw Error(Code::bad_shape, concat("tensor '", name, "' does not name a layer from 0 to 4095"));
        }
        layers = std::max(layers, layer + 1);
    }
    return layers;
}

}  // namespace

std::string block(uint32_t layer, std::string_view name) { return concat("blocks.", layer, ".", name); }

bool has(const WeightSource& weights, const std::string& name) { return weights.find(name).has_value(); }

WeightSource::Shape need(const WeightSource& weights, std::string_view version, const std::string& name) {
    const auto shape = weights.find(name);
    if (!shape) {
        throw Error(Code::bad_shape,
                    concat("tensor '", name, "' is missing; an RWKV-", version, " model needs it"));
    }
    if (shape->out == 0 || shape->in == 0)
        throw Error(Code::bad_shape, concat("tensor '", name, "' has no elements"));
    return *shape;
}

Dimensions read_dimensions(const WeightSource& weights, std::string_view version, const char* attention,
                           const char* ffn) {
    const auto embedding = need(weights, version, "emb.weight");
    return {.layers = count_layers(weights),
            .width = embedding.in,
            .attention = need(weights, version, block(0, attention)).out,
            .heads = 0,
            .head_size = 0,
            .ffn = need(weights, version, block(0, ffn)).out,
            .vocabulary = embedding.out};
}

void set_heads(Dimensions& m, const std::string& tensor, uint64_t heads) {
    if (heads == 0 || m.attention % heads != 0) {
        throw Error(Code::bad_shape,
                    concat("tensor '", tensor, "' has ", heads, " heads, which do not divide the ",
                           m.attention, " channels of the attention"));
    }
    m.heads = static_cast<uint32_t>(heads);
    m.head_size = m.attention / m.heads;
    if (m.head_size > largest_head || uint64_t{m.attention} * m.head_size > largest_state) {
        throw Error(Code::bad_shape, concat("tensor '", tensor, "' has ", heads, " heads of ", m.head_size,
                                            " channels, expected at most ", largest_head,
                                            " channels and 2^31 elements of the state"));
    }
}

void refuse_variants(const WeightSource& weights, std::span<const Variant> variants) {
    for (const auto& [tensor, name] : variants) {
        if (!has(weights, tensor)) continue;
        throw Error(Code::unsupported,
                    concat("this is ", name, " (it has '", tensor, "'), which is not supported"));
    }
}

void refuse_unknown(const WeightSource& weights, std::string_view version,
                    std::span<const std::string_view> known, std::span<const std::string_view> shared) {
    constexpr std::string_view prefix = "blocks.0.";
    for (const std::string& name : weights.names()) {
        if (!name.starts_with(prefix)) continue;
        const std::string_view last = std::string_view(name).substr(prefix.size());
        if (!last.starts_with("att.") && !last.starts_with("ffn.")) continue;
        const auto has_last = [&](std::span<const std::string_view> list) {
            return std::ranges::find(list, last) != list.end();
        };
        if (has_last(known) || has_last(shared)) continue;
        throw Error(Code::unsupported,
                    concat("tensor '", name, "': expected those of RWKV-", version,
                           ", found one that it does not have: use a model of a known version"));
    }
}

}  // namespace rwkvk::arch
