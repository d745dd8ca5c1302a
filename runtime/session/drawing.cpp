#include "runtime/session/drawing.h"

#include <algorithm>
#include <limits>

namespace rwkvk {
namespace {

using params::Draw;

Draw draw_of(const text::Sampler& sampler) {
    const text::SamplerParams& from = sampler.params();
    const text::PenaltyParams& penalties = from.penalties;
    Draw draw{};
    draw.temperature = from.temperature;
    draw.top_p = from.top_p;
    draw.min_p = from.min_p;
    draw.typical = from.typical;
    draw.top_k = from.top_k;
    draw.llama_order = from.order == text::SamplerOrder::llama;
    draw.seed_low = static_cast<uint32_t>(from.seed);
    draw.seed_high = static_cast<uint32_t>(from.seed >> 32);
    draw.penalties = penalties.presence != 0 || penalties.frequency != 0 || penalties.repeat != 1;
    draw.presence = penalties.presence;
    draw.frequency = penalties.frequency;
    draw.decay = penalties.decay;
    draw.repeat = penalties.repeat;
    draw.draws_low = static_cast<uint32_t>(sampler.draws());
    draw.draws_high = static_cast<uint32_t>(sampler.draws() >> 32);
    draw.last = params::NONE;
    return draw;
}

}  // namespace

std::optional<Drawing> drawing_of(const text::Sampler& sampler, uint32_t vocabulary,
                                  std::span<const text::Token> ends, uint32_t slot, uint32_t entry) {
    const auto is_known = [&](text::Token id) { return id < vocabulary; };
    const text::SamplerState state = sampler.state();
    if (sampler.is_constrained() || ends.size() > params::DRAW_ENDS || sampler.bans().size() >= vocabulary ||
        !std::ranges::all_of(sampler.bans(), is_known) ||
        !std::ranges::all_of(sampler.biases(), is_known, [](const auto& bias) { return bias.first; }) ||
        !std::ranges::all_of(state.occurrences, is_known, &text::Occurrence::id))
        return std::nullopt;
    Drawing drawing{draw_of(sampler), std::vector<float>(vocabulary, 0.0f),
                    std::vector<float>(vocabulary, -1.0f)};
    drawing.draw.slot = slot;
    drawing.draw.entry = entry;
    drawing.draw.ends = static_cast<uint32_t>(ends.size());
    std::ranges::copy(ends, drawing.draw.end);
    for (const auto& [id, value] : sampler.biases()) drawing.biases[id] = value;
    for (const text::Token id : sampler.bans()) drawing.biases[id] = -std::numeric_limits<float>::infinity();
    for (const auto& [id, count] : state.occurrences) drawing.counts[id] = count;
    return drawing;
}

}  // namespace rwkvk
