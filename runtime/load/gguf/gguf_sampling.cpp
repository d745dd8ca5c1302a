#include "runtime/load/gguf/gguf_sampling.h"

#include <algorithm>

#include "runtime/load/bytes.h"

namespace rwkvk::load {
namespace {

constexpr std::string_view temperature_key = "general.sampling.temp", top_k_key = "general.sampling.top_k",
                           top_p_key = "general.sampling.top_p", min_p_key = "general.sampling.min_p",
                           repeat_key = "general.sampling.penalty_repeat";

/// Writers say 0 or a negative number for no limit.
uint32_t to_top_k(double number) {
    return number >= 1 && number <= UINT32_MAX ? static_cast<uint32_t>(number) : 0;
}

}  // namespace

std::optional<text::SamplerParams> read_gguf_sampling(const GgufMetadata& metadata, const std::string& path) {
    text::SamplerParams sampling;
    bool any = false;
    const auto read = [&](std::string_view key, const auto& assign) {
        const auto number = metadata.number(key);
        if (!number) return;
        any = true;
        assign(*number);
    };
    const auto to = [](float& value) { return [&](double number) { value = static_cast<float>(number); }; };
    read(temperature_key, to(sampling.temperature));
    read(top_k_key, [&](double number) { sampling.top_k = to_top_k(number); });
    read(top_p_key, to(sampling.top_p));
    read(min_p_key, to(sampling.min_p));
    read(repeat_key, to(sampling.penalties.repeat));
    if (!any) return std::nullopt;
    try {
        text::Sampler{sampling};
    } catch (const Error& error) {
        throw damaged(path, concat("general.sampling: ", error.what()));
    }
    return sampling;
}

void write_gguf_sampling(const text::SamplerParams& sampling, GgufMetadataToWrite& out) {
    out.add_f32(temperature_key, sampling.temperature);
    out.add_i32(top_k_key, static_cast<int32_t>(std::min<uint32_t>(sampling.top_k, INT32_MAX)));
    out.add_f32(top_p_key, sampling.top_p);
    out.add_f32(min_p_key, sampling.min_p);
    out.add_f32(repeat_key, sampling.penalties.repeat);
}

}  // namespace rwkvk::load
