#include "runtime/check/draw_run.h"

#include <bit>
#include <cmath>

#include "runtime/text/distribution.h"
#include "runtime/text/rising_bits.h"
#include "runtime/text/sampler.h"

namespace rwkvk::check {
namespace {

constexpr uint32_t banned = 0;  // in the place of a logit's rising bits

text::SamplerParams params_of(const Draw& draw) {
    return {.temperature = draw.temperature,
            .top_p = draw.top_p,
            .top_k = draw.top_k,
            .min_p = draw.min_p,
            .typical = draw.typical,
            .penalties = {.presence = draw.presence,
                          .frequency = draw.frequency,
                          .decay = draw.decay,
                          .repeat = draw.repeat},
            .order = draw.llama_order ? text::SamplerOrder::llama : text::SamplerOrder::rwkv,
            .seed = uint64_t{draw.seed_high} << 32 | draw.seed_low};
}

std::span<uint32_t> row_of(std::vector<uint32_t>& slot, uint32_t row, uint32_t width) {
    return std::span(slot).subspan(uint64_t{row} * width, width);
}

void accept_last(const Draw& draw, std::span<uint32_t> counts, text::Sampler& sampler) {
    text::SamplerState state;
    for (uint32_t id = 0; id < counts.size(); ++id) {
        const auto count = std::bit_cast<float>(counts[id]);
        if (count >= 0) state.occurrences.push_back({id, count});
    }
    sampler.restore(state);
    if (draw.last != NONE) sampler.accept(draw.last);
    for (const auto& [id, count] : sampler.state().occurrences) counts[id] = std::bit_cast<uint32_t>(count);
}

void edit_row(Draw& draw, std::span<const uint32_t> logits, std::span<const uint32_t> biases,
              std::span<uint32_t> counts, std::span<uint32_t> rising) {
    text::Sampler sampler(params_of(draw));
    std::vector<float> values(logits.size());
    for (uint32_t id = 0; id < logits.size(); ++id) {
        const auto bias = std::bit_cast<float>(biases[id]);
        std::isinf(bias) ? sampler.ban(id) : sampler.set_bias(id, bias);
        const auto logit = std::bit_cast<float>(logits[id]);
        values[id] = std::isfinite(logit) ? logit : 0.0f;
        if (std::isfinite(logit)) continue;
        draw.bad = 1;
        sampler.ban(id);
    }
    if (draw.penalties) accept_last(draw, counts, sampler);
    const std::vector<float> edited = sampler.edited(values);
    for (uint32_t id = 0; id < logits.size(); ++id) {
        rising[id] = std::isinf(edited[id]) ? banned : text::rising_bits(edited[id]);
        draw.highest = std::max(draw.highest, rising[id]);
    }
}

/// A token of the row, and the sum of the weights that it was drawn from.
std::pair<text::Token, uint64_t> draw_one(Draw& draw, std::span<const uint32_t> rising) {
    text::SamplerParams params = params_of(draw);
    params.penalties = {};
    text::Sampler sampler(params);
    sampler.restore({uint64_t{draw.draws_high} << 32 | draw.draws_low, {}});
    std::vector<float> logits(rising.size(), 0.0f);
    for (uint32_t id = 0; id < rising.size(); ++id) {
        if (rising[id] == banned) {
            sampler.ban(id);
        } else {
            logits[id] = text::float_of_rising_bits(rising[id]);
        }
    }
    const uint64_t weights = sampler.distribution(logits).total();
    const text::Token token = sampler.sample(logits);
    draw.draws_low = static_cast<uint32_t>(sampler.draws());
    draw.draws_high = static_cast<uint32_t>(sampler.draws() >> 32);
    return {token, weights};
}

/// What the run that follows reads of a row; a sequence that is over has none.
struct Handed {
    uint32_t id;
    std::array<uint32_t, 2> shifts;
    std::array<uint32_t, 4> sequence;
};

Handed hand_over(Draw& draw, uint32_t row, text::Token token) {
    for (uint32_t i = 0; i < draw.ends; ++i) draw.over |= token == draw.end[i];
    const uint32_t entry = draw.entry;
    if (draw.over) return {0, {entry, NONE}, {}};
    draw.entry ^= 1;
    return {token, {entry, draw.entry}, {row, 1, draw.slot, 0}};
}

void draw_row(Draw& draw, uint32_t row, const DrawParams& p, Slots& slots) {
    draw.over |= draw.bad;
    const auto [token, weights] =
        draw.over ? std::pair(NONE, uint64_t{0}) : draw_one(draw, row_of(slots[0], row, p.width));
    const uint32_t drawn[] = {token, draw.bad, static_cast<uint32_t>(weights),
                              static_cast<uint32_t>(weights >> 32)};
    std::ranges::copy(drawn, row_of(slots[5], row * p.places + draw.made % p.places, 4).begin());
    ++draw.made;
    draw.last = token;
    draw.highest = 0;
    const Handed handed = hand_over(draw, row, token);
    slots[2][row] = handed.id;
    std::ranges::copy(handed.shifts, row_of(slots[3], row, 2).begin());
    std::ranges::copy(handed.sequence, row_of(slots[4], row, 4).begin());
}

/// Calls `work` with each row's Draw, which lies in that slot.
template <typename Work>
void for_each_draw(std::vector<uint32_t>& slot, uint32_t rows, const Work& work) {
    for (uint32_t row = 0; row < rows; ++row) {
        Draw draw;
        const std::span<uint32_t> words = row_of(slot, row, sizeof draw / 4);
        std::memcpy(&draw, words.data(), sizeof draw);
        work(row, draw);
        std::memcpy(words.data(), &draw, sizeof draw);
    }
}

}  // namespace

void run_draw(const OpCase& c, Slots& slots) {
    if (c.op == Op::edit_logits) {
        const auto p = c.params.as<ElementParams>();
        for_each_draw(slots[3], p.rows, [&](uint32_t row, Draw& draw) {
            edit_row(draw, row_of(slots[0], row, p.width), row_of(slots[1], row, p.width),
                     row_of(slots[2], row, p.width), row_of(slots[4], row, p.width));
        });
    } else {
        const auto p = c.params.as<DrawParams>();
        for_each_draw(slots[1], p.rows, [&](uint32_t row, Draw& draw) { draw_row(draw, row, p, slots); });
    }
}

}  // namespace rwkvk::check
