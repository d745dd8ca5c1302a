#include "runtime/load/gguf/gguf_sampling.h"

#include <algorithm>

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

std::optional<text::SamplerParams> read_gguf_sampling(const GgufMetadata& metadata) {
    std::optional<text::SamplerParams> sampling;
    const auto read = [&](std::string_view key, const auto& assign) {
        const auto number = metadata.number_hint(key);
        if (!number) return;
        text::SamplerParams with = sampling.value_or(text::SamplerParams{});
        assign(with, *number);
        try {
            text::Sampler{with};
            sampling = with;
        } catch (const Error& error) {
            metadata.pass_over(key, error.what());
        }
    };
    using Params = text::SamplerParams;
    read(temperature_key, [](Params& to, double number) { to.temperature = static_cast<float>(number); });
    read(top_k_key, [](Params& to, double number) { to.top_k = to_top_k(number); });
    read(top_p_key, [](Params& to, double number) { to.top_p = static_cast<float>(number); });
    read(min_p_key, [](Params& to, double number) { to.min_p = static_cast<float>(number); });
    read(repeat_key, [](Params& to, double number) { to.penalties.repeat = static_cast<float>(number); });
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
