#include "runtime/check/draw_case.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "runtime/check/case_words.h"
#include "runtime/text/rising_bits.h"

namespace rwkvk::check {
namespace {

using Words = std::vector<uint32_t>;

constexpr uint32_t places = 4;  // of a row's last tokens

Words words_of(const std::vector<Draw>& draws) {
    Words words(draws.size() * sizeof(Draw) / 4);
    std::memcpy(words.data(), draws.data(), draws.size() * sizeof(Draw));
    return words;
}

float unit(Random& random) { return static_cast<float>(random.below(1u << 24)) * 0x1p-24f; }

/// Nearly normal, as the logits of a model.
float logit(Spread spread, Random& random) {
    float sum = -6;
    for (int i = 0; i < 12; ++i) sum += unit(random);
    switch (spread) {
        case Spread::usual:
            return 3 * sum;
        case Spread::ties:
            return std::floor(2 * sum);
        case Spread::equal:
            return 1.5f;
        case Spread::wide:
            return random.number(0, 24);
    }
    return sum;
}

/// Every stage, alone and with others, in both orders; greedy; what is over or has bad logits.
std::vector<Draw> settings(Random& random) {
    std::vector<Draw> all;
    const auto add = [&](const auto& change) {
        all.push_back(plain_draw(random));
        change(all.back());
    };
    add([](Draw&) {});
    add([](Draw& d) { d.temperature = 0; });
    add([](Draw& d) { d.top_p = 0; });
    add([](Draw& d) { d.top_p = 0.85f; });
    add([](Draw& d) { d.top_p = 0.3f, d.temperature = 1.7f; });
    add([](Draw& d) { d.top_k = 40; });
    add([](Draw& d) { d.top_k = 1u << 20; });
    add([](Draw& d) { d.top_k = 7, d.top_p = 0.6f, d.llama_order = 1; });
    add([](Draw& d) { d.min_p = 0.05f; });
    add([](Draw& d) { d.min_p = 1, d.temperature = 0.3f; });
    add([](Draw& d) { d.min_p = 0.02f, d.top_k = 9, d.llama_order = 1, d.temperature = 2; });
    add([](Draw& d) { d.typical = 0.9f; });
    add([](Draw& d) { d.typical = 0; });
    add([](Draw& d) { d.typical = 0.4f, d.temperature = 0.7f, d.llama_order = 1; });
    add([](Draw& d) {
        d.min_p = 0.001f, d.typical = 0.8f, d.top_p = 0.7f, d.top_k = 30, d.temperature = 1.2f;
    });
    add([](Draw& d) { d.temperature = 1e30f; });
    add([](Draw& d) { d.temperature = 0x1p-50f; });
    add([](Draw& d) { d.over = 1; });
    add([](Draw& d) { d.bad = 1; });
    return all;
}

}  // namespace

Draw plain_draw(Random& random) {
    Draw draw{};
    draw.temperature = draw.top_p = draw.typical = draw.repeat = 1;
    draw.decay = 0.996f;
    draw.seed_low = static_cast<uint32_t>(random.next());
    draw.seed_high = static_cast<uint32_t>(random.next());
    draw.draws_low = random.below(2) ? 0xffffffffu : random.below(1000);
    draw.draws_high = random.below(3);
    draw.slot = random.below(4);
    draw.entry = 2 * draw.slot + random.below(2);
    draw.last = NONE;
    draw.made = random.below(1000);
    return draw;
}

OpCase draw_case(std::vector<Draw> draws, uint32_t vocabulary, Spread spread, Random& random) {
    const auto rows = static_cast<uint32_t>(draws.size());
    Words rising;
    for (Draw& draw : draws) {
        for (uint32_t id = 0; id < vocabulary; ++id) {
            const bool banned = vocabulary > 1 && random.below(8) == 0;
            const uint32_t word = text::rising_bits(logit(spread, random));
            rising.push_back(banned && id != vocabulary / 2 ? 0 : word);
            draw.highest = std::max(draw.highest, rising.back());
        }
        draw.ends = random.below(3);
        for (uint32_t i = 0; i < draw.ends; ++i) draw.end[i] = random.below(vocabulary);
    }
    return {Op::draw,
            DrawParams{rows, vocabulary, places},
            {std::move(rising), words_of(draws), Words(rows, 0), Words(2 * rows, 0), Words(4 * rows, 0),
             Words(4 * rows * places, 5)},
            std::nullopt,
            concat("draw ", rows, " of ", vocabulary, ", spread ", static_cast<int>(spread))};
}

std::vector<OpCase> draw_cases(CaseSet set, Random& random) {
    using Sizes = std::vector<std::pair<uint32_t, Spread>>;
    std::vector<OpCase> cases;
    for (const auto& [vocabulary, spread] : set == CaseSet::full
                                                ? Sizes{{2, Spread::usual},
                                                        {7, Spread::ties},
                                                        {300, Spread::usual},
                                                        {301, Spread::wide},
                                                        {5000, Spread::usual},
                                                        {5000, Spread::ties},
                                                        {1100, Spread::equal},
                                                        {66000, Spread::usual}}
                                                : Sizes{{1030, Spread::usual}, {700, Spread::ties}}) {
        cases.push_back(draw_case(settings(random), vocabulary, spread, random));
    }
    return cases;
}

std::vector<OpCase> edit_logits_cases(CaseSet set, Random& random) {
    std::vector<OpCase> cases;
    for (const uint32_t width : set == CaseSet::full ? Words{1, 63, 300, 1025} : Words{200}) {
        std::vector<Draw> draws;
        const auto add = [&](const auto& change) {
            Draw draw = plain_draw(random);
            draw.penalties = 1;
            draw.last = random.below(width);
            change(draw);
            draws.push_back(draw);
        };
        add([](Draw& d) { d.penalties = 0; });
        add([](Draw& d) { d.presence = 0.4f, d.frequency = 0.3f; });
        add([](Draw& d) { d.presence = -2, d.frequency = 0.7f, d.last = NONE; });
        add([](Draw& d) { d.repeat = 1.3f, d.decay = 0.5f; });
        add([](Draw& d) { d.repeat = 0x1p-30f, d.frequency = 0x1p30f, d.decay = 0; });
        const uint64_t all = draws.size() * width;
        Words logits = numbers(random, all), biases(all, 0), counts(all);
        for (uint64_t i = 0; i < all; ++i) {
            if (random.below(3) == 0) biases[i] = std::bit_cast<uint32_t>(random.number(-8, 6));
            if (width > 1 && random.below(9) == 0) biases[i] = 0xff800000u;
            const float count = random.below(2) ? -1.0f : std::abs(random.number(-10, 4));
            counts[i] = std::bit_cast<uint32_t>(random.below(5) == 0 ? 0.0f : count);
            if (random.below(20) == 0) logits[i] = 0x80000000u | random.below(1u << 20);  // settles to 0
        }
        logits[random.below(static_cast<uint32_t>(all))] = 0xff7fffffu;
        if (width == 300) logits[width + 5] = 0x7f800000u, logits[3 * width + 7] = 0x7fc00001u;
        const auto rows = static_cast<uint32_t>(draws.size());
        cases.push_back(
            {Op::edit_logits,
             ElementParams{rows, width},
             {std::move(logits), std::move(biases), std::move(counts), words_of(draws), Words(all, 0)},
             std::nullopt,
             concat("edit_logits ", rows, "x", width)});
    }
    return cases;
}

}  // namespace rwkvk::check
